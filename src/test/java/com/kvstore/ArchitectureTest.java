package com.kvstore;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.constructors;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaConstructor;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Set;

/** The rules of the house: who may know whom, and what a protocol must never touch. */
@AnalyzeClasses(packages = "com.kvstore", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    private static final int MAX_PARAMETERS = 7;

    @ArchTest
    static final ArchRule dependenciesPointDownwards = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("app")
            .definedBy("com.kvstore.app..")
            .layer("client")
            .definedBy("com.kvstore.client..")
            .layer("backup")
            .definedBy("com.kvstore.backup..")
            .layer("compare")
            .definedBy("com.kvstore.compare..")
            .layer("coordinator")
            .definedBy("com.kvstore.coordinator..")
            .layer("slave")
            .definedBy("com.kvstore.slave..")
            .layer("peer")
            .definedBy("com.kvstore.peer..")
            .layer("sim")
            .definedBy("com.kvstore.sim..")
            .layer("runtime")
            .definedBy("com.kvstore.runtime..")
            .layer("transport")
            .definedBy("com.kvstore.transport..")
            .layer("wire")
            .definedBy("com.kvstore.wire..")
            .layer("storage")
            .definedBy("com.kvstore.storage..")
            .layer("protocol")
            .definedBy("com.kvstore.protocol..")
            .layer("common")
            .definedBy("com.kvstore.common..")
            .whereLayer("app")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("client")
            .mayOnlyAccessLayers("backup", "wire", "common")
            .whereLayer("backup")
            .mayOnlyAccessLayers("common")
            .whereLayer("compare")
            .mayOnlyAccessLayers("client", "sim", "common")
            .whereLayer("coordinator")
            .mayOnlyAccessLayers("backup", "runtime", "transport", "wire", "storage", "protocol", "common")
            .whereLayer("slave")
            .mayOnlyAccessLayers("backup", "runtime", "transport", "wire", "storage", "protocol", "common")
            .whereLayer("peer")
            .mayOnlyAccessLayers("runtime", "transport", "wire", "storage", "protocol", "common")
            .whereLayer("sim")
            .mayOnlyAccessLayers("wire", "storage", "protocol", "common")
            .whereLayer("runtime")
            .mayOnlyAccessLayers("transport", "wire", "storage", "protocol", "common")
            .whereLayer("transport")
            .mayOnlyAccessLayers("wire", "protocol", "common")
            .whereLayer("wire")
            .mayOnlyAccessLayers("protocol", "common")
            .whereLayer("storage")
            .mayOnlyAccessLayers("protocol", "common")
            .whereLayer("protocol")
            .mayOnlyAccessLayers("common")
            .whereLayer("common")
            .mayNotAccessAnyLayer();

    @ArchTest
    static final ArchRule packagesFormNoCycles =
            slices().matching("com.kvstore.(**)").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule protocolsKnowNoWorldOutside = noClasses()
            .that()
            .resideInAnyPackage("com.kvstore.common..", "com.kvstore.protocol..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.netty..",
                    "org.json..",
                    "java.io..",
                    "java.net..",
                    "java.nio.file..",
                    "java.nio.channels..",
                    "java.time..",
                    "java.util.concurrent..",
                    "java.util.logging..")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.lang.Thread")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.util.Timer")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.security.SecureRandom");

    @ArchTest
    static final ArchRule protocolsAndTheSimulatorReadNoClock = noClasses()
            .that()
            .resideInAnyPackage("com.kvstore.common..", "com.kvstore.protocol..")
            .should()
            .accessTargetWhere(JavaAccess.Predicates.targetOwner(
                            com.tngtech.archunit.core.domain.JavaClass.Predicates.equivalentTo(System.class))
                    .and(com.tngtech.archunit.base.DescribedPredicate.describe(
                            "a clock",
                            access -> Set.of("nanoTime", "currentTimeMillis").contains(access.getName()))));

    /** One that two simulations shared mixed up what they stored; found when mutants were searched for on two threads. */
    @ArchTest
    static final ArchRule codecsAreNotShared = noFields()
            .that()
            .areStatic()
            .should()
            .haveRawType(com.tngtech.archunit.base.DescribedPredicate.describe(
                    "codecs, writers or readers of the wire, which keep buffers",
                    type -> type.getPackageName().equals("com.kvstore.wire")
                            && type.getSimpleName().matches(".*(Codec|Writer|Reader)")));

    @ArchTest
    static final ArchRule aProtocolKnowsNoOtherProtocol = slices().matching(
                    "com.kvstore.protocol.(twophase|movement|primarybackup|eventual|totalorder)..")
            .should()
            .notDependOnEachOther();

    @ArchTest
    static final ArchRule protocolsKnowNotTheirComposition = noClasses()
            .that()
            .resideInAPackage("com.kvstore.protocol..")
            .and()
            .resideOutsideOfPackage("com.kvstore.protocol.ring..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("com.kvstore.protocol.ring..");

    @ArchTest
    static final ArchRule codecsAndSimulatorOpenNoSocketAndNoChannel = noClasses()
            .that()
            .resideInAnyPackage("com.kvstore.sim..", "com.kvstore.wire..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.netty..", "java.net..", "java.nio.channels..");

    @ArchTest
    static final ArchRule tablesKnowFilesAndNoNetwork = noClasses()
            .that()
            .resideInAPackage("com.kvstore.storage..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.netty..", "java.net..")
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(java.nio.channels.SelectableChannel.class);

    @ArchTest
    static final ArchRule theClientLibraryNeedsNoNetty = noClasses()
            .that()
            .resideInAPackage("com.kvstore.client..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.netty..");

    @ArchTest
    static final ArchRule constructorsTakeAtMostSevenParameters =
            constructors().should(takeAtMostSevenParametersUnlessTheyMakeARecord());

    @ArchTest
    static final ArchRule mainClassesLiveInApp = classes()
            .that()
            .haveSimpleNameEndingWith("Main")
            .should()
            .resideInAnyPackage("com.kvstore.app..", "com.kvstore.sim..");

    private static ArchCondition<JavaConstructor> takeAtMostSevenParametersUnlessTheyMakeARecord() {
        return new ArchCondition<>("take at most " + MAX_PARAMETERS + " parameters, unless they make a record") {
            @Override
            public void check(JavaConstructor constructor, ConditionEvents events) {
                int parameters = constructor.getRawParameterTypes().size();
                boolean fits = parameters <= MAX_PARAMETERS
                        || constructor.getOwner().isRecord()
                        || constructor.getOwner().isEnum();
                events.add(new SimpleConditionEvent(
                        constructor, fits, constructor.getFullName() + " takes " + parameters + " parameters"));
            }
        };
    }
}
