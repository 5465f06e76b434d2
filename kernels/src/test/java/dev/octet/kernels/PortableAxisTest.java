package dev.octet.kernels;

import dev.octet.kernels.portable.PortableKernels;

class PortableAxisTest extends AxisContract {
    @Override
    protected KernelSet kernels() {
        return PortableKernels.INSTANCE;
    }
}
