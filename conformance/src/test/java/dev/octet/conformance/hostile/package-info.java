/// Broken and hostile model files: each ends in a clear error, or runs.
@NullMarked
package dev.octet.conformance.hostile;

import org.jspecify.annotations.NullMarked;
