package dev.octet.kernels.x64;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

final class ProductTilingTest {
    @Test
    void blocksAreOfTwoHeightsAndCoverAllRows() {
        for (int rows = 1; rows < 200; rows++) {
            for (int most = 1; most < 15; most++) {
                RowBlocks blocks = RowBlocks.of(rows, most);
                int next = 0;
                for (int block = 0; block < blocks.count(); block++) {
                    assertThat(blocks.start(block)).isEqualTo(next);
                    next += block < blocks.taller() ? blocks.height() : blocks.height() - 1;
                }
                assertThat(next).isEqualTo(rows);
                assertThat(blocks.start(blocks.count())).isEqualTo(rows);
                assertThat(blocks.height()).isBetween(1, most);
                RowBlocks sample = RowBlocks.of(blocks.sample(), most);
                assertThat(sample.height()).isEqualTo(blocks.height());
                assertThat(sample.hasShorter()).isEqualTo(blocks.hasShorter());
            }
        }
    }

    @Test
    void tilesCoverAllBlocksAndPanelsOnce() {
        Random random = new Random(1);
        for (int i = 0; i < 500; i++) {
            RowBlocks blocks = RowBlocks.of(1 + random.nextInt(3000), 1 + random.nextInt(14));
            int panels = 1 + random.nextInt(60);
            long copied = random.nextBoolean() ? 0 : 1 + random.nextInt(5000);
            ProductTiling tiling =
                    ProductTiling.of(blocks, panels, 1L << random.nextInt(30), 1 + random.nextInt(20), copied);
            int[][] seen = new int[blocks.count()][panels];
            for (int tile = 0; tile < tiling.tiles(); tile++) {
                assertThat(tiling.firstBlock(tile)).isLessThan(tiling.endBlock(tile));
                assertThat(tiling.firstPanel(tile)).isLessThan(tiling.endPanel(tile));
                for (int b = tiling.firstBlock(tile); b < tiling.endBlock(tile); b++) {
                    for (int p = tiling.firstPanel(tile); p < tiling.endPanel(tile); p++) {
                        seen[b][p]++;
                    }
                }
            }
            for (int[] row : seen) {
                assertThat(row).containsOnly(1);
            }
        }
    }
}
