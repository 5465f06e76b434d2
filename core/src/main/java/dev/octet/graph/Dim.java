package dev.octet.graph;

/// One extent of a [PartialShape].
public sealed interface Dim {
    /// An extent about which nothing is known.
    Dim UNKNOWN = new Unknown();

    /// A known extent.
    record Fixed(long size) implements Dim {
        public Fixed {
            if (size < 0) {
                throw new IllegalArgumentException("negative extent " + size);
            }
        }

        @Override
        public String toString() {
            return Long.toString(size);
        }
    }

    /// A named extent. The name is a label: exporters give two axes the same name without meaning that they are equal,
    /// so nothing may be derived from it.
    record Symbol(String name) implements Dim {
        @Override
        public String toString() {
            return name;
        }
    }

    /// An extent without a name.
    record Unknown() implements Dim {
        @Override
        public String toString() {
            return "?";
        }
    }

    static Dim of(long size) {
        return new Fixed(size);
    }

    static Dim symbol(String name) {
        return new Symbol(name);
    }

    /// The extent, or -1 if it is not fixed.
    default long size() {
        return this instanceof Fixed fixed ? fixed.size() : -1;
    }
}
