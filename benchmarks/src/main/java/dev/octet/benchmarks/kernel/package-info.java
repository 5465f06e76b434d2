/// JMH benchmarks of single kernels, each set beside the others, on shapes of real networks. Each checks its result.
@NullMarked
package dev.octet.benchmarks.kernel;

import org.jspecify.annotations.NullMarked;
