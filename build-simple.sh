#!/usr/bin/env bash
# Builds target/coordinator.jar, target/slave.jar and target/client.jar with javac and jar alone, in a few seconds.
#
#   ./build-simple.sh
#
# The libraries come from the local Maven cache: MAVEN_REPO_LOCAL, else what ~/.m2/settings.xml says, else
# ~/.m2/repository. If one is missing, it says which command fills the cache.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=scripts/common.sh
source "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/scripts/common.sh"

case "${1:-}" in
    "") ;;
    -h | --help)
        print_help "${BASH_SOURCE[0]}"
        exit 0
        ;;
    *) usage_error "unknown argument: $1" ;;
esac

require_jdk17
if [[ -z "${KVSTORE_BUILD_LOCKED:-}" ]]; then
    take_build_lock
fi

mkdir -p "$KVSTORE_TARGET"
work=$(mktemp -d "$KVSTORE_TARGET/build-simple.XXXXXX")
trap 'rm -rf -- "$work"' EXIT

# 1. The libraries.
repository=$(maven_repository)
all_libraries=()
server_libraries=()
slave_libraries=()
client_libraries=()
classpath=""
missing=""
while IFS='|' read -r where name file; do
    if [[ ! -f "$repository/$file" ]]; then
        note "✗ $name is missing from the Maven cache: $repository/$file"
        missing=yes
        continue
    fi
    echo "✓ Using $name from Maven cache"
    classpath="$classpath${classpath:+:}$repository/$file"
    case "$where" in
        all) all_libraries+=("$repository/$file") ;;
        server) server_libraries+=("$repository/$file") ;;
        slave) slave_libraries+=("$repository/$file") ;;
        client) client_libraries+=("$repository/$file") ;;
        compile) ;;
    esac
done < <(list_libraries)
if [[ -n "$missing" ]]; then
    note "Fill the cache with this command, then run ./build-simple.sh again:"
    note "    mvn -f \"$KVSTORE_HOME/pom.xml\" -q -Dmaven.test.skip=true package"
    exit 1
fi

# 2. The classes. An argument file takes names with spaces if they are quoted.
while IFS= read -r source; do
    printf '"%s"\n' "$source"
done < <(find "$KVSTORE_HOME/src/main/java" -name '*.java' | LC_ALL=C sort) >"$work/sources"
"$JAVA_DIR/bin/javac" --release 17 -encoding UTF-8 -XDstringConcat=inline -g -nowarn -proc:none -classpath "$classpath" \
    -d "$work/classes" "@$work/sources"
if [[ -d "$KVSTORE_HOME/src/main/resources" ]]; then
    cp -R "$KVSTORE_HOME/src/main/resources/." "$work/classes/"
fi
echo "✓ Compilation successful"

# unpack DIRECTORY LIBRARY...: without signatures and module descriptors, which would no longer be true.
unpack() {
    local directory=$1 library
    shift
    mkdir -p "$directory"
    for library in "$@"; do
        (cd -- "$directory" && "$JAVA_DIR/bin/jar" --extract --file "$library")
    done
    rm -rf -- "$directory/META-INF/maven" "$directory/META-INF/versions" "$directory/META-INF/MANIFEST.MF"
    find "$directory" \( -name module-info.class -o -path '*/META-INF/*.SF' -o -path '*/META-INF/*.RSA' \
        -o -path '*/META-INF/*.DSA' \) -exec rm -f -- {} +
}

# make_jar NAME MAIN_CLASS DIRECTORY...: written beside and renamed, so that whoever runs the old one keeps it.
make_jar() {
    local name=$1 main_class=$2 directory
    local contents=()
    shift 2
    for directory in "$@"; do
        contents+=(-C "$directory" .)
    done
    "$JAVA_DIR/bin/jar" --create --file "$work/$name.jar" --main-class "$main_class" "${contents[@]}"
    mv -f -- "$work/$name.jar" "$KVSTORE_TARGET/$name.jar"
    echo "✓ Created $name.jar"
}

# 3. The jars. Each carries what it needs; the client's is small because it starts for every command.
unpack "$work/all" "${all_libraries[@]}"
unpack "$work/server" "${server_libraries[@]}"
unpack "$work/client" "${client_libraries[@]}"
unpack "$work/slave" "${slave_libraries[@]}"
# The storage engine for machines that no data node is likely to run on would be most of the jar.
rm -f -- "$work/slave/"librocksdbjni-linux{32,-ppc64le,-s390x,-riscv64}*
cp -R "$work/classes" "$work/client-classes"
for package in "${SERVER_PACKAGES[@]}"; do
    rm -rf -- "$work/client-classes/com/kvstore/$package"
done
mkdir -p "$work/client-classes/com/kvstore/sim"
cp -R "$work/classes/com/kvstore/sim/check" "$work/client-classes/com/kvstore/sim/"
make_jar coordinator com.kvstore.app.CoordinatorMain "$work/classes" "$work/all" "$work/server"
make_jar slave com.kvstore.app.SlaveMain "$work/classes" "$work/all" "$work/server" "$work/slave"
make_jar client com.kvstore.app.ClientMain "$work/client-classes" "$work/all" "$work/client"
make_client_archive

echo "Build successful!"
echo "Created executables:"
echo "  $KVSTORE_TARGET/coordinator.jar"
echo "  $KVSTORE_TARGET/slave.jar"
echo "  $KVSTORE_TARGET/client.jar"
