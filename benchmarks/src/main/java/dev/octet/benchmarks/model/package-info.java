/// Whole networks side by side on several runtimes: [dev.octet.benchmarks.ModelBench] times them, and what they are is
/// here.
@NullMarked
package dev.octet.benchmarks.model;

import org.jspecify.annotations.NullMarked;
