package dev.octet.engine.plan;

import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSet;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.Layout;
import dev.octet.kernels.portable.PortableKernels;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;

/// The kernel sets that a session asks, in order of preference.
///
/// Sets are found as services, the faster ones first; one that this machine cannot run is left out. `portable` is
/// always there and always last. The property `octet.kernels` names the one set to prefer to all others:
/// `-Doctet.kernels=portable` forces plain Java. `-Doctet.layout=channels-first` or `channels-last` says in which order
/// the axes of images lie between convolutions; without it the preferred set does.
public final class KernelSets {
    /// Names the set to use.
    static final String PROPERTY = "octet.kernels";

    /// Names the layout of images that plans prefer, whatever the sets do.
    static final String LAYOUT_PROPERTY = "octet.layout";

    private final List<KernelSet> sets;

    KernelSets(List<KernelSet> sets) {
        this.sets = List.copyOf(sets);
    }

    /// A kernel and the set that it is from.
    ///
    /// @param set its name
    /// @param confined whether closing an arena stops the kernel, see [KernelSet#isConfined]
    public record Compiled(String set, Kernel kernel, boolean confined) {}

    /// Begins to find out on another thread what the machine can run, which takes a while the first time: [#available]
    /// waits for it, and says what is wrong.
    public static void prepare() {
        Thread.ofPlatform()
                .daemon()
                .name("octet-kernels")
                .start(() -> {
                    try {
                        available();
                    } catch (IllegalArgumentException | IllegalStateException _) {
                        // Whoever asks is told.
                    }
                });
    }

    /// The sets of this machine, as the property says.
    ///
    /// @throws IllegalArgumentException if the property names a set that is not there
    /// @throws IllegalStateException if it names one that this machine cannot run
    public static KernelSets available() {
        return select(Found.SETS, System.getProperty(PROPERTY, ""));
    }

    /// Looked for once in a process: a set remembers the code that it has generated and checked, for every session.
    private static final class Found {
        static final List<KernelSet> SETS = find();

        private static List<KernelSet> find() {
            List<KernelSet> all = new ArrayList<>();
            ServiceLoader.load(KernelSet.class, KernelSets.class.getClassLoader()).forEach(all::add);
            all.removeIf(set -> set.name().equals(PortableKernels.INSTANCE.name()));
            all.add(PortableKernels.INSTANCE);
            return List.copyOf(all);
        }
    }

    /// @param wanted name of a set, or empty for all of them
    static KernelSets select(List<KernelSet> all, String wanted) {
        if (wanted.isEmpty()) {
            return new KernelSets(all.stream().filter(set -> set.unusable().isEmpty()).toList());
        }
        KernelSet portable = all.getLast();
        for (KernelSet set : all) {
            if (set.name().equals(wanted)) {
                set.unusable()
                        .ifPresent(reason -> {
                            throw new IllegalStateException(
                                    "property " + PROPERTY + ": " + wanted + " cannot be used here: " + reason);
                        });
                return new KernelSets(set.equals(portable) ? List.of(set) : List.of(set, portable));
            }
        }
        throw new IllegalArgumentException(
                "property "
                        + PROPERTY
                        + ": expected one of "
                        + all.stream().map(KernelSet::name).toList()
                        + ", found '"
                        + wanted
                        + "'");
    }

    /// These sets, asked after another.
    public KernelSets preferring(KernelSet set) {
        List<KernelSet> all = new ArrayList<>(sets);
        all.addFirst(set);
        return new KernelSets(all);
    }

    /// Names of the sets, the preferred one first.
    public List<String> names() {
        return sets.stream().map(KernelSet::name).toList();
    }

    /// The layout that the convolutions of the preferred set like best, or what the property says.
    ///
    /// @throws IllegalArgumentException if the property names no layout
    Layout preferredLayout() {
        String wanted = System.getProperty(LAYOUT_PROPERTY, "");
        return switch (wanted) {
            case "" -> sets.getFirst().preferredLayout();
            case "channels-first" -> Layout.CHANNELS_FIRST;
            case "channels-last" -> Layout.CHANNELS_LAST;
            default ->
                    throw new IllegalArgumentException(
                            "property "
                                    + LAYOUT_PROPERTY
                                    + ": expected channels-first or channels-last, found '"
                                    + wanted
                                    + "'");
        };
    }

    /// The kernel of the first set that has one; the last set has all.
    public Compiled compile(KernelSpec spec) {
        for (KernelSet set : sets) {
            Optional<Kernel> kernel = set.compile(spec);
            if (kernel.isPresent()) {
                return new Compiled(set.name(), kernel.get(), set.isConfined());
            }
        }
        throw new IllegalStateException("no kernel set computes " + spec);
    }
}
