/// JMH benchmarks of single kernels, each set beside the others, on shapes of real networks (those of products and
/// convolutions are listed in `products.txt`). Each checks its result.
@NullMarked
package dev.octet.benchmarks.kernel;

import org.jspecify.annotations.NullMarked;
