package dev.octet.conformance.oracle;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/// Makes a failing graph small: pieces, links and quantizers are left out as long as it still fails.
final class JoinedShrinker {
    private JoinedShrinker() {}

    static List<Piece> shrink(List<Piece> pieces, Predicate<List<Piece>> fails) {
        List<Piece> smallest = pieces;
        for (boolean shrunk = true; shrunk; ) {
            shrunk = false;
            for (List<Piece> candidate : candidates(smallest)) {
                if (fails.test(candidate)) {
                    smallest = candidate;
                    shrunk = true;
                    break;
                }
            }
        }
        return smallest;
    }

    /// Graphs that are a little smaller, the smallest first.
    private static List<List<Piece>> candidates(List<Piece> pieces) {
        List<List<Piece>> candidates = new ArrayList<>();
        for (int i = 0; i < pieces.size() && pieces.size() > 1; i++) {
            candidates.add(without(pieces, i));
        }
        for (int i = 0; i < pieces.size(); i++) {
            Piece piece = pieces.get(i);
            for (String input : piece.links().keySet().stream().sorted().toList()) {
                candidates.add(with(pieces, i, piece.cut(input)));
            }
            for (String value : piece.quantized().keySet().stream().sorted().toList()) {
                candidates.add(with(pieces, i, piece.unquantized(value)));
            }
        }
        return candidates;
    }

    private static List<Piece> with(List<Piece> pieces, int index, Piece piece) {
        List<Piece> copy = new ArrayList<>(pieces);
        copy.set(index, piece);
        return copy;
    }

    private static List<Piece> without(List<Piece> pieces, int index) {
        List<Piece> remaining = new ArrayList<>();
        for (int i = 0; i < pieces.size(); i++) {
            Piece piece = pieces.get(i);
            if (i == index) {
                continue;
            }
            for (String input : List.copyOf(piece.links().keySet())) {
                if (piece.links().get(input).from() == index) {
                    piece = piece.cut(input);
                }
            }
            remaining.add(piece.renumbered(from -> from > index ? from - 1 : from));
        }
        return remaining;
    }
}
