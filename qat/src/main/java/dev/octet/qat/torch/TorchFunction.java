package dev.octet.qat.torch;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.ParameterStore;
import dev.octet.qat.TrainingEngine;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/// A differentiable function of tensors, written in TorchScript and run by PyTorch itself.
///
/// DJL's arrays have no fake quantization and no transposed convolution; PyTorch has both, as one operation with its
/// gradient. So a function is a TorchScript module without state: an archive of its source, made in memory, that DJL
/// loads like any other model. Functions of equal source are loaded once and live as long as the process.
public final class TorchFunction {
    private static final Map<String, TorchFunction> LOADED = new ConcurrentHashMap<>();

    /// A pickled `Function` object whose only attribute is `training = False`.
    private static final byte[] DATA = latin("\u0080\u0002c__torch__\nFunction\n)\u0081}(X\b\0\0\0training\u0089ub.");

    /// A pickled empty tuple: the module has no constants.
    private static final byte[] CONSTANTS = latin("\u0080\u0002).");

    private final Model model;

    private TorchFunction(Model model) {
        this.model = model;
    }

    /// A function of that many tensors.
    ///
    /// @param operands names of the tensors in the expression
    /// @param results number of tensors that the expression gives; more than one as a tuple
    /// @param body TorchScript statements of which the last returns the result
    public static TorchFunction of(List<String> operands, int results, String body) {
        return LOADED.computeIfAbsent(source(operands, results, body), TorchFunction::load);
    }

    private static String source(List<String> operands, int results, String body) {
        StringBuilder source = new StringBuilder("class Function(Module):\n");
        source.append("  __parameters__ = []\n  __buffers__ = []\n  training : bool\n");
        source.append("  def forward(self: __torch__.Function");
        operands.forEach(o -> source.append(", ").append(o).append(": Tensor"));
        String type = results == 1 ? "Tensor" : "Tuple[" + "Tensor, ".repeat(results - 1) + "Tensor]";
        source.append(") -> ").append(type).append(":\n");
        body.strip().lines().forEach(line -> source.append("    ").append(line).append('\n'));
        return source.toString();
    }

    private static TorchFunction load(String source) {
        Model model = TrainingEngine.newModel("torch-function");
        try {
            model.load(new ByteArrayInputStream(archive(source)));
        } catch (IOException | MalformedModelException e) {
            throw new IllegalStateException("PyTorch does not take the function\n" + source, e);
        }
        return new TorchFunction(model);
    }

    private static byte[] archive(String source) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            put(zip, "data.pkl", DATA);
            put(zip, "code/__torch__.py", source.getBytes(StandardCharsets.UTF_8));
            put(zip, "constants.pkl", CONSTANTS);
            put(zip, "version", latin("3\n"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
        zip.putNextEntry(new ZipEntry("function/" + name));
        zip.write(content);
        zip.closeEntry();
    }

    private static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /// The result of a function that has one; it belongs to the manager of the first operand.
    public NDArray apply(NDArray... operands) {
        return applyAll(operands).singletonOrThrow();
    }

    /// All results; they belong to the manager of the first operand.
    public NDList applyAll(NDArray... operands) {
        NDList list = new NDList(operands.length);
        for (NDArray operand : operands) {
            // DJL reads structure into the names of a module's operands: a dot makes a dictionary of them.
            operand.setName(null);
            list.add(operand);
        }
        return model.getBlock().forward(new ParameterStore(operands[0].getManager(), false), list, true);
    }
}
