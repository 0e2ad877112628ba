# shellcheck shell=bash
# What every script of this directory's parent shares. Sourced, never run.
#
# The scripts work from any working directory: cs_config.txt and cs_state belong to the caller's directory, sources,
# jars and libraries to KVSTORE_HOME. Everything said here goes to standard error, so that a script's standard output
# holds answers alone.

KVSTORE_HOME="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)"
KVSTORE_TARGET="$KVSTORE_HOME/target"
KVSTORE_JAVA_MINIMUM=17

note() { printf '%s\n' "$*" >&2; }

# die STATUS MESSAGE...: the message, then out.
die() {
    local status=$1
    shift
    note "$*"
    exit "$status"
}

# The comment block at the top of a script is its help.
print_help() {
    sed -nE '2,/^([^#]|$)/{/^#/{s/^# ?//;p;}}' "$1"
}

usage_error() {
    note "$(basename -- "$0"): $1"
    note "Try: $(basename -- "$0") --help"
    exit 2
}

is_root() { [[ "$(id -u)" == 0 ]]; }

has_apt() { command -v apt-get >/dev/null 2>&1; }

# apt_install PACKAGE...: as root on Debian or Ubuntu. Its output goes to standard error.
apt_install() {
    note "Installing $* …"
    export DEBIAN_FRONTEND=noninteractive
    if ! apt-get install -y --no-install-recommends "$@" >&2; then
        apt-get update >&2
        apt-get install -y --no-install-recommends "$@" >&2
    fi
}

# java_major HOME: the major version of the Java under HOME, 0 if there is none. Its "release" file answers in a
# millisecond; starting a virtual machine to ask would cost a one-shot client half of its time.
java_major() {
    local home=$1 line version=""
    if [[ ! -x "$home/bin/java" ]]; then
        echo 0
        return
    fi
    if [[ -r "$home/release" ]]; then
        while IFS= read -r line; do
            if [[ "$line" == JAVA_VERSION=* ]]; then
                version=${line#JAVA_VERSION=}
                break
            fi
        done <"$home/release"
    fi
    if [[ -z "$version" ]]; then
        version=$("$home/bin/java" -version 2>&1 | sed -n 's/.*version "\([^"]*\)".*/\1/p' | head -n 1)
    fi
    version=${version//\"/}
    version=${version#1.}
    version=${version%%[!0-9]*}
    echo "${version:-0}"
}

# Sets JAVA_DIR to a Java of version 17 or newer: JAVA_HOME's if that is set, else the one on the PATH, else one of
# those the system keeps.
find_java() {
    local candidate
    local candidates=()
    if [[ -n "${JAVA_HOME:-}" ]]; then
        candidates+=("$JAVA_HOME")
    fi
    if command -v java >/dev/null 2>&1; then
        candidate=$(readlink -f -- "$(command -v java)" 2>/dev/null || command -v java)
        candidates+=("$(dirname -- "$(dirname -- "$candidate")")")
    fi
    for candidate in /usr/lib/jvm/*/; do
        candidates+=("${candidate%/}")
    done
    for candidate in "${candidates[@]}"; do
        if (($(java_major "$candidate") >= KVSTORE_JAVA_MINIMUM)); then
            JAVA_DIR=$candidate
            return 0
        fi
        if [[ "$candidate" == "${JAVA_HOME:-}" ]]; then
            note "JAVA_HOME is $JAVA_HOME, which is not Java $KVSTORE_JAVA_MINIMUM or newer: looking elsewhere."
        fi
    done
    return 1
}

# The newest package of the list that the system's package manager knows.
jdk_package() {
    local name
    for name in openjdk-17-jdk-headless openjdk-21-jdk-headless openjdk-25-jdk-headless; do
        if [[ -n "$(apt-cache --quiet=2 show "$name" 2>/dev/null)" ]]; then
            echo "$name"
            return
        fi
    done
    echo default-jdk-headless
}

# Sets JAVA_DIR; installs a JDK when it may, else prints the one line to type.
require_java() {
    find_java && return 0
    if is_root && has_apt; then
        apt-get update >&2 || true
        apt_install "$(jdk_package)"
        hash -r
        find_java && return 0
        die 2 "A JDK was installed, but none of version $KVSTORE_JAVA_MINIMUM or newer can be found; set JAVA_HOME to one."
    fi
    note "Java $KVSTORE_JAVA_MINIMUM or newer is needed and was not found. Install it with:"
    if has_apt; then
        note "    sudo apt-get install -y openjdk-17-jdk-headless"
    elif command -v dnf >/dev/null 2>&1; then
        note "    sudo dnf install -y java-17-openjdk-devel"
    elif command -v brew >/dev/null 2>&1; then
        note "    brew install openjdk@17"
    else
        note "    the package of your system, or https://adoptium.net"
    fi
    exit 2
}

# As require_java, and the compiler too: what a build needs.
require_jdk17() {
    require_java
    if [[ -x "$JAVA_DIR/bin/javac" && -x "$JAVA_DIR/bin/jar" ]]; then
        return 0
    fi
    if is_root && has_apt; then
        apt-get update >&2 || true
        apt_install "$(jdk_package)"
        find_java
        [[ -x "$JAVA_DIR/bin/javac" ]] && return 0
    fi
    note "$JAVA_DIR has Java but no compiler, and the jars must be built. Install a JDK with:"
    note "    sudo apt-get install -y openjdk-17-jdk-headless"
    exit 2
}

require_maven() {
    command -v mvn >/dev/null 2>&1 && return 0
    if is_root && has_apt; then
        apt_install maven
        hash -r
        command -v mvn >/dev/null 2>&1 && return 0
    fi
    note "Maven is needed and was not found. Install it with:"
    if ! has_apt && command -v brew >/dev/null 2>&1; then
        note "    brew install maven"
    elif ! has_apt && command -v dnf >/dev/null 2>&1; then
        note "    sudo dnf install -y maven"
    else
        note "    sudo apt-get install -y maven"
    fi
    exit 2
}

# Runs Maven on this project with the Java that was found.
run_maven() {
    local local_repository=()
    if [[ -n "${MAVEN_REPO_LOCAL:-}" ]]; then
        local_repository=("-Dmaven.repo.local=$MAVEN_REPO_LOCAL")
    fi
    (cd -- "$KVSTORE_HOME" && JAVA_HOME="$JAVA_DIR" mvn -B ${local_repository[@]+"${local_repository[@]}"} "$@")
}

# Where Maven keeps what it downloaded: MAVEN_REPO_LOCAL, else what settings.xml says, else ~/.m2/repository.
maven_repository() {
    local from_settings=""
    if [[ -n "${MAVEN_REPO_LOCAL:-}" ]]; then
        echo "$MAVEN_REPO_LOCAL"
        return
    fi
    if [[ -r "$HOME/.m2/settings.xml" ]]; then
        from_settings=$(sed -n 's:.*<localRepository>\(.*\)</localRepository>.*:\1:p' "$HOME/.m2/settings.xml" | head -n 1)
        # shellcheck disable=SC2016 # Maven's own variable, to be found as it stands
        from_settings=${from_settings//'${user.home}'/$HOME}
    fi
    echo "${from_settings:-$HOME/.m2/repository}"
}

# pom_version NAME: the version that pom.xml pins as NAME.version.
pom_version() {
    sed -n "s:.*<$1\\.version>\\(.*\\)</$1\\.version>.*:\\1:p" "$KVSTORE_HOME/pom.xml" | head -n 1
}

# The libraries a build needs, a line each: which jars it goes into, its name for people, its file in the Maven cache.
list_libraries() {
    local json cli jline jspecify netty rocksdb module
    json=$(pom_version json)
    cli=$(pom_version commons-cli)
    jline=$(pom_version jline)
    jspecify=$(pom_version jspecify)
    netty=$(pom_version netty)
    echo "all|JSON library|org/json/json/$json/json-$json.jar"
    echo "all|Commons CLI library|commons-cli/commons-cli/$cli/commons-cli-$cli.jar"
    for module in common buffer resolver transport transport-native-unix-common transport-classes-io_uring codec-base handler; do
        echo "server|Netty library ($module)|io/netty/netty-$module/$netty/netty-$module-$netty.jar"
    done
    for module in linux-x86_64 linux-aarch_64; do
        echo "server|Netty library (io_uring, $module)|io/netty/netty-transport-native-io_uring/$netty/netty-transport-native-io_uring-$netty-$module.jar"
    done
    rocksdb=$(pom_version rocksdbjni)
    echo "slave|RocksDB library|org/rocksdb/rocksdbjni/$rocksdb/rocksdbjni-$rocksdb-linux64.jar"
    echo "client|JLine library|org/jline/jline/$jline/jline-$jline.jar"
    echo "compile|JSpecify annotations|org/jspecify/jspecify/$jspecify/jspecify-$jspecify.jar"
}

libraries_are_cached() {
    local repository file
    repository=$(maven_repository)
    while IFS='|' read -r _ _ file; do
        [[ -f "$repository/$file" ]] || return 1
    done < <(list_libraries)
}

# Packages of the servers alone; the client's jar goes without them, but for the checker, which bench needs.
# shellcheck disable=SC2034 # build-simple.sh uses it
SERVER_PACKAGES=(coordinator runtime sim slave storage transport)

# jar_is_stale NAME: whether target/NAME.jar is absent or older than the sources.
jar_is_stale() {
    local jar="$KVSTORE_TARGET/$1.jar"
    [[ -f "$jar" ]] || return 0
    [[ -n "$(find "$KVSTORE_HOME/src/main" "$KVSTORE_HOME/pom.xml" -newer "$jar" -print -quit)" ]]
}

# One build at a time: a second script waits for the first and then finds nothing left to do. The lock is on this file,
# so that it leaves nothing behind; systems without flock go without.
take_build_lock() {
    exec 9<"$KVSTORE_HOME/scripts/common.sh"
    if command -v flock >/dev/null 2>&1; then
        flock 9
    fi
}

release_build_lock() { exec 9<&-; }

# build_if_stale JAR...: builds when one of them is absent or older than the sources.
build_if_stale() {
    local jar stale=""
    require_java
    for jar in "$@"; do
        if jar_is_stale "$jar"; then
            stale=yes
        fi
    done
    [[ -n "$stale" ]] || return 0
    require_jdk17
    take_build_lock
    for jar in "$@"; do
        if jar_is_stale "$jar"; then
            build_jars >&2
            break
        fi
    done
    release_build_lock
}

# With javac and jar alone if the libraries are there (seconds), else with Maven, which fetches them.
build_jars() {
    if libraries_are_cached; then
        KVSTORE_BUILD_LOCKED=yes JAVA_HOME="$JAVA_DIR" "$KVSTORE_HOME/build-simple.sh"
    else
        require_maven
        echo "Building with Maven; the first time it downloads the libraries …"
        run_maven -q -Dmaven.test.skip=true package
        make_client_archive
    fi
}

# A class-data archive makes the one-shot client start in half the time. It is only a help: where it cannot be made, or
# was made by another Java, the client starts without it.
make_client_archive() {
    local archive="$KVSTORE_TARGET/client.jsa"
    rm -f -- "$archive"
    # Port 1 answers nobody: the run loads what a command needs up to the connection, and fails as it should.
    "$JAVA_DIR/bin/java" "${CLIENT_FLAGS[@]}" -XX:ArchiveClassesAtExit="$archive.tmp" -jar "$KVSTORE_TARGET/client.jar" \
        1 get archive >/dev/null 2>&1 </dev/null || true
    if [[ -f "$archive.tmp" ]]; then
        mv -f -- "$archive.tmp" "$archive"
    fi
}

# Flags that every Java from 17 on accepts. Native access: JLine's terminal, which Java 24 and newer warn about.
COMMON_FLAGS=(
    -XX:+UseSerialGC
    -XX:-UsePerfData
    -Xshare:auto
    --enable-native-access=ALL-UNNAMED
)

# A client lives for a tenth of a second or sits at a prompt: the first compiler is enough.
CLIENT_FLAGS=(
    "${COMMON_FLAGS[@]}"
    -XX:TieredStopAtLevel=1
    -Xss512k
    -Xms8m
    -Xmx512m
    -XX:ReservedCodeCacheSize=32m
)

# A server starts small, gives back what it no longer needs, and may grow as its data do.
SERVER_FLAGS=(
    "${COMMON_FLAGS[@]}"
    -Xss512k
    -Xms16m
    # Room for what a burst of requests leaves behind: with less, half of it would be taken for old, and newer Javas let
    # the old generation grow threefold before they look into it.
    -XX:NewSize=10m
    -XX:SurvivorRatio=3
    -XX:MaxRAMPercentage=50
    -XX:MinHeapFreeRatio=10
    -XX:MaxHeapFreeRatio=30
    -XX:ReservedCodeCacheSize=64m
    -XX:+ExitOnOutOfMemoryError
    # Netty would look for a network card to name its channels after, and complain where there is none.
    -Dio.netty.machineId=02:00:00:00:00:01
    # It would keep a stack trace of where one in 128 of its buffers comes from, to tell of those that are never given back.
    -Dio.netty.leakDetection.level=disabled
)

# KVSTORE_JAVA_OPTS comes last, so that it wins over the flags above.
read_java_opts() {
    JAVA_OPTS_ARRAY=()
    if [[ -n "${KVSTORE_JAVA_OPTS:-}" ]]; then
        read -r -a JAVA_OPTS_ARRAY <<<"$KVSTORE_JAVA_OPTS"
    fi
}

# exec_server JAR[:MAIN_CLASS] ARGUMENT...: becomes the server, so that signals reach it and nothing stands in between.
exec_server() {
    local jar=${1%%:*}
    local trim=()
    local program=(-jar "$KVSTORE_TARGET/$jar.jar")
    if [[ "$1" == *:* ]]; then
        program=(-cp "$KVSTORE_TARGET/$jar.jar" "${1#*:}")
    fi
    shift
    read_java_opts
    if (($(java_major "$JAVA_DIR") >= 22)); then
        # What the compiler needed for a moment goes back to the system; older Javas cannot.
        trim=(-XX:TrimNativeHeapInterval=10000)
    fi
    # glibc would keep an arena for each thread; two are plenty for one event loop.
    export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-2}"
    if [[ "$jar" == coordinator ]]; then
        # Requests in hand die young if they are given the time: a smaller nursery hands them on to the old, and every
        # collection of that stops everything.
        SERVER_FLAGS+=(-Xms40m -Xmn24m)
    fi
    if [[ " $* " == *" --data-dir "* || " $* " == *" --profile "* ]]; then
        # What was written lately lives some seconds on the heap: with little room beside it, every second would begin with
        # a collection of all of it.
        SERVER_FLAGS+=(-XX:MinHeapFreeRatio=40 -XX:MaxHeapFreeRatio=60)
    fi
    exec "$JAVA_DIR/bin/java" "${SERVER_FLAGS[@]}" ${trim[@]+"${trim[@]}"} \
        ${JAVA_OPTS_ARRAY[@]+"${JAVA_OPTS_ARRAY[@]}"} "${program[@]}" "$@"
}

exec_client() {
    local archive=()
    read_java_opts
    if [[ "$KVSTORE_TARGET/client.jsa" -nt "$KVSTORE_TARGET/client.jar" ]]; then
        # An archive that does not fit is passed over; it is not worth a warning between a command and its answer.
        archive=(-XX:SharedArchiveFile="$KVSTORE_TARGET/client.jsa" -Xlog:disable -Xlog:all=off)
    fi
    export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-2}"
    exec "$JAVA_DIR/bin/java" "${CLIENT_FLAGS[@]}" ${archive[@]+"${archive[@]}"} \
        ${JAVA_OPTS_ARRAY[@]+"${JAVA_OPTS_ARRAY[@]}"} -jar "$KVSTORE_TARGET/client.jar" "$@"
}

# Builds what is measured and what measures it, and runs that: [JVM FLAG...] MAIN CLASS [ARGUMENT...].
exec_bench() {
    require_jdk17
    require_maven
    cd -- "$KVSTORE_HOME"
    ./build-simple.sh >&2
    local class_path_file="$KVSTORE_TARGET/bench-classpath.txt"
    run_maven -B -q test-compile dependency:build-classpath -Dmdep.outputFile="$class_path_file" \
        -Dmdep.includeScope=test >&2
    exec "$JAVA_DIR/bin/java" \
        -cp "$KVSTORE_TARGET/test-classes:$KVSTORE_TARGET/classes:$(cat "$class_path_file")" "$@"
}
