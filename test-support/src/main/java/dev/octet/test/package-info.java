/// What the tests of several modules share: seeded data, comparisons, a reference interpreter, guarded memory, models.
@NullMarked
package dev.octet.test;

import org.jspecify.annotations.NullMarked;
