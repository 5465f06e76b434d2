package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Attributes.GraphValue;
import dev.octet.graph.Graph;
import dev.octet.graph.TypeInfo;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import dev.octet.tensor.TensorSequence;
import dev.octet.tensor.Value;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Runs a graph for each tensor of a sequence. Inputs: the sequence, others of the same length or tensors that each run
/// gets as they are, and what the body captures. Outputs: a sequence for each output of the body.
///
/// @param body inputs: a tensor for each operand; outputs: tensors
public record SequenceMap(Graph body) implements StructuredOp {
    public static SequenceMap of(Attributes attributes) {
        return new SequenceMap(StateTypes.body(attributes));
    }

    @Override
    public String type() {
        return "SequenceMap";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("body", new GraphValue(body)).build();
    }

    @Override
    public int sinceVersion() {
        return 17;
    }

    @Override
    public void infer(Inference inference) {
        Closure closure = Closure.of(this, body, inference.inputCount());
        closure.requireOutputs(inference.outputCount());
        Structured.requireSequence(inference, 0);
        List<@Nullable TypeInfo> formal = new ArrayList<>();
        for (int i = 0; i < Closure.formalCount(this, inference.inputCount()); i++) {
            TypeInfo type = inference.type(i).content();
            formal.add(type.element());
        }
        List<@Nullable TypeInfo> results = closure.infer(inference, formal);
        for (int i = 0; i < results.size(); i++) {
            TypeInfo result = results.get(i);
            if (result != null) {
                inference.output(i, result.asSequence());
            }
        }
    }

    @Override
    public List<Value> compute(List<@Nullable Value> inputs, Runner runner) {
        Closure closure = Closure.of(this, body, inputs.size());
        int formalCount = Closure.formalCount(this, inputs.size());
        int length = Structured.sequence(inputs, 0).size();
        List<List<Tensor>> results = new ArrayList<>();
        body.outputs().forEach(_ -> results.add(new ArrayList<>()));
        for (int place = 0; place < length; place++) {
            List<Value> formal = new ArrayList<>();
            for (int i = 0; i < formalCount; i++) {
                formal.add(element(inputs, i, place, length));
            }
            List<Value> made = closure.run(runner, formal, inputs);
            for (int i = 0; i < results.size(); i++) {
                results.get(i).add(Structured.tensor(made.get(i), "output " + i + " of the body"));
            }
        }
        List<Value> outputs = new ArrayList<>();
        for (int i = 0; i < results.size(); i++) {
            List<Tensor> tensors = results.get(i);
            DType dtype = tensors.isEmpty() ? body.outputs().get(i).type().dtype() : tensors.getFirst().dtype();
            outputs.add(new TensorSequence(dtype, tensors));
        }
        return outputs;
    }

    private static Value element(List<@Nullable Value> inputs, int input, int place, int length) {
        Value value = Structured.get(inputs, input);
        if (!(value instanceof TensorSequence sequence)) {
            return value;
        }
        if (sequence.size() != length) {
            throw Inference.mismatch("length of input " + input, length, sequence.size());
        }
        return sequence.tensors().get(place);
    }
}
