package dev.octet.graph.pass;

import dev.octet.graph.Node;
import java.util.function.Predicate;

/// The fusion passes in the order in which they help each other.
public final class Fusion {
    private Fusion() {}

    /// What every float graph goes through before it is quantized or run: composites become what they are made of,
    /// constants fold, no-ops and duplicates go, and chains of small operators become the one operator that they spell.
    /// Marks of [dev.octet.graph.QuantStubs] stay, and nothing fuses across them.
    public static Pass standard() {
        return standard(_ -> false);
    }

    /// Likewise, but for some nodes that stay what they are, although they are composites.
    public static Pass standard(Predicate<Node> kept) {
        return unfolded(kept)
                .then(new FoldBatchNormalization())
                .then(new FoldPrecedingScale())
                .then(new DeadCodeElimination());
    }

    /// The same up to what changes weights: batch normalizations stay, so that they can be trained.
    public static Pass unfolded() {
        return unfolded(_ -> false);
    }

    private static Pass unfolded(Predicate<Node> kept) {
        return Pass.sequence(
                new ExpandComposites(kept),
                new ConstantFolding(),
                new IdentityElimination(true),
                new CommonSubexpressions(),
                new FuseHardSwish(),
                new FuseGelu(),
                new FuseLayerNormalization(),
                new FuseGemm(),
                new DeadCodeElimination());
    }
}
