package dev.octet.kernels;

import dev.octet.kernels.portable.PortableKernels;

class PortableAxisTest extends AxisContract {
    @Override
    KernelSet kernels() {
        return PortableKernels.INSTANCE;
    }
}
