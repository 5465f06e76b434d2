/// Networks of known architecture with seeded random weights: what a runtime needs for them does not depend on what
/// they have learned.
@NullMarked
package dev.octet.benchmarks.network;

import org.jspecify.annotations.NullMarked;
