package dev.octet.kernels.x64;

import dev.octet.kernels.BlockMatMul;
import dev.octet.kernels.CopySpec;
import dev.octet.kernels.CountBins;
import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSet;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.LayerNorm;
import dev.octet.kernels.Layout;
import dev.octet.kernels.MaskedSoftmax;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Kernels as machine code for x86-64, assembled at run time for the instructions that the CPU has.
///
/// The property `octet.kernels.tier` caps them: `avx2`, `avx-vnni`, `avx512` or `avx512-vnni`. Each generated function
/// is compared once with the portable kernels before its first use; one that disagrees is never used, and the log says
/// so.
public final class X64Kernels implements KernelSet {
    /// Caps the instructions used.
    static final String TIER_PROPERTY = "octet.kernels.tier";

    private final Processor processor;
    private final String cap;
    private final CodeLibrary library = new CodeLibrary();
    private volatile boolean refused;

    /// The set for this machine, as the property says.
    public X64Kernels() {
        this(Processor.local(), System.getProperty(TIER_PROPERTY, ""));
    }

    X64Kernels(Processor processor, String cap) {
        this.processor = processor;
        this.cap = cap;
    }

    @Override
    public String name() {
        return "x64";
    }

    @Override
    public Optional<String> unusable() {
        return tier().isPresent() ? Optional.empty() : Optional.of(processor.reason());
    }

    /// The channels of a pixel are the steps of a product, or the lanes of a vector.
    @Override
    public Layout preferredLayout() {
        return refused ? Layout.CHANNELS_FIRST : Layout.CHANNELS_LAST;
    }

    /// The best tier of the machine that the property allows.
    Optional<Tier> tier() {
        List<Tier> tiers = processor.tiers();
        if (cap.isEmpty()) {
            return tiers.isEmpty() ? Optional.empty() : Optional.of(tiers.getLast());
        }
        Tier most;
        try {
            most = Tier.of(cap);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("property " + TIER_PROPERTY + ": " + e.getMessage(), e);
        }
        return tiers.stream().filter(tier -> tier.compareTo(most) <= 0).reduce((_, last) -> last);
    }

    @Override
    public Optional<Kernel> compile(KernelSpec spec) {
        return switch (spec) {
            case KernelSpec.Chain s -> compile(ChainKernel.COMPILER, s);
            case KernelSpec.Elementwise s -> ElementChains.of(s).flatMap(this::compile);
            case KernelSpec.Broadcast s -> ElementChains.of(s).flatMap(this::compile);
            case KernelSpec.ChannelAffine s -> ElementChains.of(s).flatMap(this::compile);
            case KernelSpec.Quantize s -> compile(ElementChains.of(s));
            case KernelSpec.Dequantize s -> ElementChains.of(s).flatMap(this::compile);
            case KernelSpec.QuantizedBroadcast s -> ElementChains.of(s).flatMap(this::compile);
            case KernelSpec.Reduce s -> compile(LineKernels.REDUCE, s);
            case KernelSpec.GlobalAveragePool s -> compile(LineKernels.GLOBAL_AVERAGE, s);
            case KernelSpec.Softmax s -> MaskedSoftmaxKernel.alone(s).flatMap(this::compile);
            case MaskedSoftmax s -> compile(MaskedSoftmaxKernel.COMPILER, s);
            case LayerNorm s -> compile(LineKernels.LAYER_NORM, s);
            case KernelSpec.DynamicQuantize s -> compile(DynamicQuantizeKernel.COMPILER, s);
            case CountBins s -> compile(CountBinsKernel.COMPILER, s);
            case KernelSpec.Pool s -> compile(WindowKernels.POOL, s);
            case KernelSpec.Conv s ->
                    compile(WindowKernels.CONV, s)
                            .or(() -> compile(new WinogradCompiler(), s))
                            .or(() -> compile(new FloatConvCompiler(), s));
            case KernelSpec.IntegerConv s ->
                    compile(WindowKernels.INTEGER_CONV, s)
                            .or(() -> compile(new IntegerWinogradCompiler(), s))
                            .or(() -> compile(new IntegerConvCompiler(), s));
            case KernelSpec.MatMul s -> compile(new FloatMatMulCompiler(), s);
            case KernelSpec.IntegerMatMul s -> compile(new IntegerMatMulCompiler(), s);
            case BlockMatMul s -> compile(new BlockMatMulCompiler(), s);
            case KernelSpec.Transpose s -> compile(TransposeKernel.COMPILER, s);
            case CopySpec s -> compile(CopyKernel.COMPILER, s);
            default -> Optional.empty();
        };
    }

    /// What the compiler makes, if its code proves right.
    <S extends KernelSpec> Optional<Kernel> compile(KernelCompiler<S> compiler, S spec) {
        Optional<Tier> tier = tier();
        if (tier.isEmpty() || refused) {
            return Optional.empty();
        }
        try {
            CodeLibrary.Request request = library.request();
            Optional<Kernel> kernel = compiler.compile(spec, tier.get(), request);
            return kernel.filter(_ -> isRight(compiler, spec, tier.get(), request.taken()));
        } catch (CodeMemory.RefusedException e) {
            refused = true;
            log().log(Level.WARNING, "portable kernels are used from here on: {0}", e.getMessage());
            return Optional.empty();
        }
    }

    private <S extends KernelSpec> boolean isRight(
            KernelCompiler<S> compiler, S spec, Tier tier, Set<Generator> generators) {
        if (library.allRight(generators)) {
            return true;
        }
        if (library.anyWrong(generators)) {
            return false;
        }
        boolean right = check(compiler, spec, tier, generators);
        library.judge(generators, right);
        if (!right) {
            log().log(
                            Level.WARNING,
                            "generated code for {0} ({1}) disagrees with portable code and is not used: {2}",
                            spec.getClass().getSimpleName(),
                            tier.label(),
                            generators);
        }
        return right;
    }

    private <S extends KernelSpec> boolean check(
            KernelCompiler<S> compiler, S spec, Tier tier, Set<Generator> generators) {
        Sample<S> sample = compiler.sample(spec, tier);
        CodeLibrary.Request request = library.request();
        try {
            Optional<Kernel> kernel = compiler.compile(sample.spec(), tier, request);
            return kernel.isPresent()
                    && request.taken().containsAll(generators)
                    && SelfCheck.agrees(sample, kernel.get());
        } catch (CodeMemory.RefusedException e) {
            throw new IllegalStateException("code that was generated before is refused", e);
        }
    }

    /// Only where there is something to say: finding loggers takes a good part of a short program's time.
    private static Logger log() {
        return System.getLogger(X64Kernels.class.getName());
    }
}
