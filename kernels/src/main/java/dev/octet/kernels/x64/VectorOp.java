package dev.octet.kernels.x64;

/// The vector instructions in use, as Intel's manual (volume 2) encodes them. Names are the mnemonics in capitals;
/// where one mnemonic has a form to load and another to store, the latter ends in `_STORE`; where the VEX form is an
/// extension of its own (AVX-VNNI), it ends in `_VEX`.
enum VectorOp {
    VADDPS(Map.M0F, 0, 0, 0x58, Tuple.FULL),
    VSUBPS(Map.M0F, 0, 0, 0x5C, Tuple.FULL),
    VMULPS(Map.M0F, 0, 0, 0x59, Tuple.FULL),
    VDIVPS(Map.M0F, 0, 0, 0x5E, Tuple.FULL),
    VMINPS(Map.M0F, 0, 0, 0x5D, Tuple.FULL),
    VMAXPS(Map.M0F, 0, 0, 0x5F, Tuple.FULL),
    VSQRTPS(Map.M0F, 0, 0, 0x51, Tuple.FULL),
    VADDPD(Map.M0F, 0x66, W.EVEX_ONLY, 0x58, Tuple.FULL),
    VSUBPD(Map.M0F, 0x66, W.EVEX_ONLY, 0x5C, Tuple.FULL),
    VMULPD(Map.M0F, 0x66, W.EVEX_ONLY, 0x59, Tuple.FULL),
    VDIVPD(Map.M0F, 0x66, W.EVEX_ONLY, 0x5E, Tuple.FULL),
    VMINPD(Map.M0F, 0x66, W.EVEX_ONLY, 0x5D, Tuple.FULL),
    VMAXPD(Map.M0F, 0x66, W.EVEX_ONLY, 0x5F, Tuple.FULL),
    VSQRTPD(Map.M0F, 0x66, W.EVEX_ONLY, 0x51, Tuple.FULL),
    VFMADD231PS(Map.M0F38, 0x66, 0, 0xB8, Tuple.FULL),
    VFMADD213PS(Map.M0F38, 0x66, 0, 0xA8, Tuple.FULL),
    VFNMADD231PS(Map.M0F38, 0x66, 0, 0xBC, Tuple.FULL),
    VFMADD231PD(Map.M0F38, 0x66, 1, 0xB8, Tuple.FULL),
    VANDPS(Map.M0F, 0, 0, 0x54, Tuple.FULL),
    VANDNPS(Map.M0F, 0, 0, 0x55, Tuple.FULL),
    VORPS(Map.M0F, 0, 0, 0x56, Tuple.FULL),
    VXORPS(Map.M0F, 0, 0, 0x57, Tuple.FULL),
    VROUNDPS(Map.M0F3A, 0x66, 0, 0x08, Tuple.VEX_ONLY),
    VRNDSCALEPS(Map.M0F3A, 0x66, 0, 0x08, Tuple.EVEX_ONLY),
    VSCALEFPS(Map.M0F38, 0x66, 0, 0x2C, Tuple.EVEX_FULL),
    VGETEXPPS(Map.M0F38, 0x66, 0, 0x42, Tuple.EVEX_FULL),
    VMOVUPS(Map.M0F, 0, 0, 0x10, Tuple.VECTOR),
    VMOVUPS_STORE(Map.M0F, 0, 0, 0x11, Tuple.VECTOR),
    VMOVSS(Map.M0F, 0xF3, 0, 0x10, Tuple.SCALAR4),
    VMOVSS_STORE(Map.M0F, 0xF3, 0, 0x11, Tuple.SCALAR4),
    VMOVQ(Map.M0F, 0xF3, 0, 0x7E, Tuple.VEX_ONLY),
    VMOVQ_STORE(Map.M0F, 0x66, 0, 0xD6, Tuple.VEX_ONLY),
    VMOVDQU(Map.M0F, 0xF3, 0, 0x6F, Tuple.VEX_ONLY),
    VMOVDQU_STORE(Map.M0F, 0xF3, 0, 0x7F, Tuple.VEX_ONLY),
    VMOVDQU8(Map.M0F, 0xF2, 0, 0x6F, Tuple.EVEX_ONLY),
    VMOVDQU8_STORE(Map.M0F, 0xF2, 0, 0x7F, Tuple.EVEX_ONLY),
    VMASKMOVPS(Map.M0F38, 0x66, 0, 0x2C, Tuple.VEX_ONLY),
    VMASKMOVPS_STORE(Map.M0F38, 0x66, 0, 0x2E, Tuple.VEX_ONLY),
    VBROADCASTSS(Map.M0F38, 0x66, 0, 0x18, Tuple.SCALAR4),
    VPBROADCASTB(Map.M0F38, 0x66, 0, 0x78, Tuple.SCALAR1),
    VPBROADCASTD(Map.M0F38, 0x66, 0, 0x58, Tuple.SCALAR4),
    VPBROADCASTQ(Map.M0F38, 0x66, W.EVEX_ONLY, 0x59, Tuple.SCALAR8),
    VEXTRACTF128(Map.M0F3A, 0x66, 0, 0x19, Tuple.VEX_ONLY),
    VEXTRACTF64X4(Map.M0F3A, 0x66, 1, 0x1B, Tuple.EVEX_HALF),
    VINSERTF128(Map.M0F3A, 0x66, 0, 0x18, Tuple.VEX_ONLY),
    VINSERTF64X4(Map.M0F3A, 0x66, 1, 0x1A, Tuple.EVEX_HALF),
    VPERM2F128(Map.M0F3A, 0x66, 0, 0x06, Tuple.VEX_ONLY),
    VPERMQ(Map.M0F3A, 0x66, 1, 0x00, Tuple.FULL),
    VPERMD(Map.M0F38, 0x66, 0, 0x36, Tuple.FULL),
    VSHUFPS(Map.M0F, 0, 0, 0xC6, Tuple.FULL),
    VUNPCKLPS(Map.M0F, 0, 0, 0x14, Tuple.FULL),
    VUNPCKHPS(Map.M0F, 0, 0, 0x15, Tuple.FULL),
    VUNPCKLPD(Map.M0F, 0x66, W.EVEX_ONLY, 0x14, Tuple.FULL),
    VUNPCKHPD(Map.M0F, 0x66, W.EVEX_ONLY, 0x15, Tuple.FULL),
    VPUNPCKLBW(Map.M0F, 0x66, 0, 0x60, Tuple.VECTOR),
    VPUNPCKHBW(Map.M0F, 0x66, 0, 0x68, Tuple.VECTOR),
    VPUNPCKLWD(Map.M0F, 0x66, 0, 0x61, Tuple.VECTOR),
    VPUNPCKHWD(Map.M0F, 0x66, 0, 0x69, Tuple.VECTOR),
    VPADDD(Map.M0F, 0x66, 0, 0xFE, Tuple.FULL),
    VPSUBD(Map.M0F, 0x66, 0, 0xFA, Tuple.FULL),
    VPADDB(Map.M0F, 0x66, 0, 0xFC, Tuple.VECTOR),
    VPADDW(Map.M0F, 0x66, 0, 0xFD, Tuple.VECTOR),
    VPADDQ(Map.M0F, 0x66, W.EVEX_ONLY, 0xD4, Tuple.FULL),
    VPMULLD(Map.M0F38, 0x66, 0, 0x40, Tuple.FULL),
    VPSUBW(Map.M0F, 0x66, 0, 0xF9, Tuple.VECTOR),
    VPMADDWD(Map.M0F, 0x66, 0, 0xF5, Tuple.VECTOR),
    VPMADDUBSW(Map.M0F38, 0x66, 0, 0x04, Tuple.VECTOR),
    VPDPBUSD(Map.M0F38, 0x66, 0, 0x50, Tuple.EVEX_FULL),
    VPDPBUSD_VEX(Map.M0F38, 0x66, 0, 0x50, Tuple.VEX_ONLY),
    /// Shifts by a constant.
    VPSRLD(Map.M0F, 0x66, 0, 0x72, Tuple.FULL),
    VPSRAD(Map.M0F, 0x66, 0, 0x72, Tuple.FULL),
    VPSLLD(Map.M0F, 0x66, 0, 0x72, Tuple.FULL),
    VPHADDD(Map.M0F38, 0x66, 0, 0x02, Tuple.VEX_ONLY),
    VPADDUSB(Map.M0F, 0x66, 0, 0xDC, Tuple.VECTOR),
    VPSADBW(Map.M0F, 0x66, 0, 0xF6, Tuple.VECTOR),
    VPAND(Map.M0F, 0x66, 0, 0xDB, Tuple.VEX_ONLY),
    VPOR(Map.M0F, 0x66, 0, 0xEB, Tuple.VEX_ONLY),
    VPXOR(Map.M0F, 0x66, 0, 0xEF, Tuple.VEX_ONLY),
    VPXORD(Map.M0F, 0x66, 0, 0xEF, Tuple.EVEX_FULL),
    VPORD(Map.M0F, 0x66, 0, 0xEB, Tuple.EVEX_FULL),
    VPANDD(Map.M0F, 0x66, 0, 0xDB, Tuple.EVEX_FULL),
    VPMAXSD(Map.M0F38, 0x66, 0, 0x3D, Tuple.FULL),
    VPMINUD(Map.M0F38, 0x66, 0, 0x3B, Tuple.FULL),
    VPMAXUB(Map.M0F, 0x66, 0, 0xDE, Tuple.VECTOR),
    VPMINUB(Map.M0F, 0x66, 0, 0xDA, Tuple.VECTOR),
    VPMAXSB(Map.M0F38, 0x66, 0, 0x3C, Tuple.VECTOR),
    VPSHUFB(Map.M0F38, 0x66, 0, 0x00, Tuple.VECTOR),
    VPMOVMSKB(Map.M0F, 0x66, 0, 0xD7, Tuple.VEX_ONLY),
    VPMOVZXBD(Map.M0F38, 0x66, 0, 0x31, Tuple.QUARTER),
    VPMOVSXBD(Map.M0F38, 0x66, 0, 0x21, Tuple.QUARTER),
    VPMOVZXBW(Map.M0F38, 0x66, 0, 0x30, Tuple.HALF),
    VPMOVSXBW(Map.M0F38, 0x66, 0, 0x20, Tuple.HALF),
    VPMOVDB_STORE(Map.M0F38, 0xF3, 0, 0x31, Tuple.EVEX_QUARTER),
    VPMOVQD(Map.M0F38, 0xF3, 0, 0x35, Tuple.EVEX_HALF),
    VPCOMPRESSD(Map.M0F38, 0x66, 0, 0x8B, Tuple.EVEX_QUARTER),
    VPACKSSDW(Map.M0F, 0x66, 0, 0x6B, Tuple.FULL),
    VPACKSSWB(Map.M0F, 0x66, 0, 0x63, Tuple.VECTOR),
    VPACKUSWB(Map.M0F, 0x66, 0, 0x67, Tuple.VECTOR),
    VCVTDQ2PS(Map.M0F, 0, 0, 0x5B, Tuple.FULL),
    VCVTPS2DQ(Map.M0F, 0x66, 0, 0x5B, Tuple.FULL),
    VCVTTPS2DQ(Map.M0F, 0xF3, 0, 0x5B, Tuple.FULL),
    VCVTDQ2PD(Map.M0F, 0xF3, 0, 0xE6, Tuple.HALF),
    VCVTPS2PD(Map.M0F, 0, 0, 0x5A, Tuple.HALF),
    VCVTPD2PS(Map.M0F, 0x66, W.EVEX_ONLY, 0x5A, Tuple.FULL),
    VPEXTRB_STORE(Map.M0F3A, 0x66, 0, 0x14, Tuple.VEX_ONLY),
    VCMPPS(Map.M0F, 0, 0, 0xC2, Tuple.VEX_ONLY),
    /// The comparison whose result is an opmask.
    VCMPPS_MASK(Map.M0F, 0, 0, 0xC2, Tuple.EVEX_FULL),
    VBLENDMPS(Map.M0F38, 0x66, 0, 0x65, Tuple.EVEX_FULL),
    VBLENDVPS(Map.M0F3A, 0x66, 0, 0x4A, Tuple.VEX_ONLY);

    /// Which of the three tables of opcodes.
    enum Map {
        M0F,
        M0F38,
        M0F3A
    }

    /// What an EVEX displacement of one byte counts: the vector, a part of it, or an element.
    enum Tuple {
        FULL,
        VECTOR,
        HALF,
        QUARTER,
        SCALAR1,
        SCALAR4,
        SCALAR8,
        VEX_ONLY,
        EVEX_ONLY,
        EVEX_FULL,
        EVEX_HALF,
        EVEX_QUARTER
    }

    /// Values of the bit W.
    private static final class W {
        /// 0 with VEX, 1 with EVEX.
        static final int EVEX_ONLY = 2;
    }

    final Map map;
    final int prefix;
    final int opcode;
    private final int w;
    private final Tuple tuple;

    /// @param w the bit W: 0, 1, or [W#EVEX_ONLY]
    VectorOp(Map map, int prefix, int w, int opcode, Tuple tuple) {
        this.map = map;
        this.prefix = prefix;
        this.w = w;
        this.opcode = opcode;
        this.tuple = tuple;
    }

    int vexW() {
        return w == W.EVEX_ONLY ? 0 : w;
    }

    int evexW() {
        return w == W.EVEX_ONLY ? 1 : w;
    }

    boolean needsEvex() {
        return tuple.name().startsWith("EVEX");
    }

    boolean hasEvex() {
        return tuple != Tuple.VEX_ONLY;
    }

    /// Whether an element of memory can stand for the whole operand.
    boolean hasBroadcast() {
        return tuple == Tuple.FULL || tuple == Tuple.EVEX_FULL;
    }

    /// Number by which an EVEX displacement must be divisible to fit one byte.
    int displacementUnit(Operand.Width width, boolean broadcast) {
        if (broadcast) {
            return evexW() == 1 ? 8 : 4;
        }
        return switch (tuple) {
            case FULL, VECTOR, EVEX_ONLY, EVEX_FULL, VEX_ONLY -> width.bytes;
            case HALF, EVEX_HALF -> width.bytes / 2;
            case QUARTER, EVEX_QUARTER -> width.bytes / 4;
            case SCALAR1 -> 1;
            case SCALAR4 -> 4;
            case SCALAR8 -> 8;
        };
    }
}
