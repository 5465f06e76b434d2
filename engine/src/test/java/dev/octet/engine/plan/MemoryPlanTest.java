package dev.octet.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.octet.engine.plan.MemoryPlan.Life;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MemoryPlanTest {
    @Test
    void valuesThatLiveAtTheSameTimeNeverOverlap() {
        Generator.forAll(
                20261123,
                300,
                g -> {
                    List<Life> lives = randomLives(g);
                    MemoryPlan plan = MemoryPlan.of(lives);
                    for (int i = 0; i < lives.size(); i++) {
                        assertThat(plan.offset(i) % Tensor.ALIGNMENT).isZero();
                        assertThat(plan.offset(i) + lives.get(i).bytes()).isLessThanOrEqualTo(plan.size());
                        for (int j = 0; j < i; j++) {
                            if (livesOverlap(lives.get(i), lives.get(j))) {
                                assertThat(bytesOverlap(plan, lives, i, j)).as("%s and %s", i, j).isFalse();
                            }
                        }
                    }
                });
    }

    @Test
    void needsAtLeastWhatLivesAtOnceAndAtMostTheSum() {
        Generator.forAll(
                7,
                300,
                g -> {
                    List<Life> lives = randomLives(g);
                    long most = 0;
                    for (int step = 0; step < 30; step++) {
                        int now = step;
                        most =
                                Math.max(
                                        most,
                                        lives.stream()
                                                .filter(l -> l.first() <= now && now <= l.last())
                                                .mapToLong(Life::bytes)
                                                .sum());
                    }
                    long sum = lives.stream().mapToLong(l -> l.bytes() + Tensor.ALIGNMENT).sum();
                    assertThat(MemoryPlan.of(lives).size()).isBetween(most, sum);
                });
    }

    /// As many as a file of some megabytes can name; to compare each with each would take minutes.
    @Test
    void veryManyValuesArePlaced() {
        Generator g = Generator.of(5);
        List<Life> lives = new ArrayList<>();
        for (int i = 0; i < 200_000; i++) {
            lives.add(new Life(g.integer(1, 1000), i / 4, i / 4 + g.integer(0, 3)));
        }
        MemoryPlan plan = MemoryPlan.of(lives);
        assertThat(plan.size()).isLessThan(20_000);
        for (int i = 0; i < lives.size(); i++) {
            for (int j = Math.max(0, i - 20); j < i; j++) {
                if (livesOverlap(lives.get(i), lives.get(j)) && bytesOverlap(plan, lives, i, j)) {
                    fail("values " + i + " and " + j + " share bytes");
                }
            }
        }
    }

    @Test
    void aChainOfEqualValuesNeedsTwoPlaces() {
        List<Life> lives = new ArrayList<>();
        for (int step = 0; step < 100; step++) {
            lives.add(new Life(1000, step, step + 1));
        }
        assertThat(MemoryPlan.of(lives).size()).isEqualTo(2 * 1024);
    }

    @Test
    void takesTheSmallestGapThatFits() {
        // A large and a small hole open between three values that stay.
        List<Life> lives =
                List.of(
                        new Life(6400, 0, 9),
                        new Life(3200, 0, 1),
                        new Life(3000, 0, 9),
                        new Life(640, 0, 1),
                        new Life(600, 0, 9),
                        new Life(576, 5, 6));
        MemoryPlan plan = MemoryPlan.of(lives);
        assertThat(plan.offset(5)).isEqualTo(plan.offset(3));
    }

    private static List<Life> randomLives(Generator g) {
        List<Life> lives = new ArrayList<>();
        int count = g.integer(0, 40);
        for (int i = 0; i < count; i++) {
            int first = g.integer(0, 20);
            lives.add(new Life(g.integer(0, 1000), first, first + g.integer(0, 8)));
        }
        return lives;
    }

    private static boolean livesOverlap(Life a, Life b) {
        for (int step = a.first(); step <= a.last(); step++) {
            if (b.first() <= step && step <= b.last()) {
                return true;
            }
        }
        return false;
    }

    private static boolean bytesOverlap(MemoryPlan plan, List<Life> lives, int i, int j) {
        return plan.offset(i) < plan.offset(j) + lives.get(j).bytes()
                && plan.offset(j) < plan.offset(i) + lives.get(i).bytes();
    }
}
