package dev.octet.kernels;

import dev.octet.kernels.portable.PortableKernels;

class PortableElementTest extends ElementContract {
    @Override
    protected KernelSet kernels() {
        return PortableKernels.INSTANCE;
    }
}
