/// The patterns of [dev.octet.graph.pass.IntegerLowering], one family a file.
@NullMarked
package dev.octet.graph.pass.lowering;

import org.jspecify.annotations.NullMarked;
