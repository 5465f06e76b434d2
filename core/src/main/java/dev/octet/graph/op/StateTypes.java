package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.Graph;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Types of a body that is run again and again on what it made before.
///
/// @param state what is true of the state before and after every trip
/// @param results of all outputs of the body
record StateTypes(List<TypeInfo> state, List<@Nullable TypeInfo> results) {
    /// Trips after which no shape of the state is known any more. Where each value of a state takes its shape from the
    /// one before, every trip would find only one of them.
    private static final int FOLLOWED_TRIPS = 8;

    /// What only tensors that become optional, one after the other, can reach.
    private static final int MOST_TRIPS = 64;

    static Graph body(Attributes attributes) {
        return attributes.getGraph("body").orElseThrow(() -> new IllegalArgumentException("attribute body is missing"));
    }

    /// Widens the state's types until a trip keeps them: a loop may append to a tensor.
    ///
    /// @param leading types of the body's inputs before the state
    /// @param first types of the state before the first trip
    /// @param trailing types of the body's inputs after the state
    /// @param stateOutput index of the state's first output
    static StateTypes find(
            Closure body,
            Inference inference,
            List<TypeInfo> leading,
            List<TypeInfo> first,
            List<TypeInfo> trailing,
            int stateOutput) {
        List<TypeInfo> state = inference.widened(body.graph(), first);
        for (int trip = 1; trip <= MOST_TRIPS; trip++) {
            List<@Nullable TypeInfo> formal = new ArrayList<>(leading);
            formal.addAll(state);
            formal.addAll(trailing);
            List<@Nullable TypeInfo> results = body.infer(inference, formal);
            List<TypeInfo> wider = widened(state, results, stateOutput);
            if (wider.equals(state)) {
                return new StateTypes(state, results);
            }
            state = inference.widened(body.graph(), trip < FOLLOWED_TRIPS ? wider : withoutShapes(wider));
        }
        throw Inference.mismatch("types of the state", "the same before and after a trip", state);
    }

    private static List<TypeInfo> withoutShapes(List<TypeInfo> state) {
        return state.stream().map(t -> new TypeInfo(t.dtype(), null, t.kind())).toList();
    }

    private static List<TypeInfo> widened(List<TypeInfo> state, List<@Nullable TypeInfo> results, int stateOutput) {
        List<TypeInfo> wider = new ArrayList<>();
        for (int i = 0; i < state.size(); i++) {
            TypeInfo before = state.get(i);
            TypeInfo after = results.get(stateOutput + i);
            TypeInfo joined = after == null ? new TypeInfo(before.dtype(), null, before.kind()) : before.join(after);
            if (joined == null && after != null && (before.isOptional() || after.isOptional())) {
                joined = before.asOptional().join(after.asOptional());
            }
            if (joined == null) {
                throw Inference.mismatch("value " + i + " of the state after a trip", before, after);
            }
            wider.add(joined);
        }
        return wider;
    }

    /// The shape of parts stacked along a new axis.
    static PartialShape stacked(PartialShape part, int axis, Dim count) {
        List<Dim> dims = new ArrayList<>(part.dims());
        dims.add(axis, count);
        return new PartialShape(dims);
    }
}
