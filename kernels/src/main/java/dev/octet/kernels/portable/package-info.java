/// The plain Java kernels, which every other set is measured against.
package dev.octet.kernels.portable;
