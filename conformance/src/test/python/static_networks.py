"""Small networks with what ONNX Runtime's quantize_static has rules for."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper


def constants(seed):
    rng = np.random.default_rng(seed)
    tensors = []

    def normal(name, *shape):
        tensors.append(numpy_helper.from_array((rng.standard_normal(shape) * 0.3).astype(np.float32), name))
        return name

    def given(name, values, dtype=np.int64):
        tensors.append(numpy_helper.from_array(np.array(values, dtype=dtype), name))
        return name

    return tensors, normal, given


def model(name, nodes, inputs, outputs, tensors):
    graph = helper.make_graph(nodes, name, inputs, outputs, tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def network():
    tensors, normal, _ = constants(4)
    nodes = [
        helper.make_node("Conv", ["x", "w1", "b1"], ["c1"], "conv1", pads=[1] * 4),
        helper.make_node("Relu", ["c1"], ["r1"], "relu1"),
        helper.make_node("MaxPool", ["r1"], ["p"], "pool", kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Conv", ["p", "w2", "b2"], ["c2"], "conv2", pads=[1] * 4),
        helper.make_node("Relu", ["c2"], ["r2"], "relu2"),
        helper.make_node("Add", ["r2", "p"], ["s"], "add"),
        helper.make_node("Flatten", ["s"], ["f"], "flatten"),
        helper.make_node("Gemm", ["f", "w3", "b3"], ["g"], "gemm", transB=1),
        helper.make_node("MatMul", ["g", "w4"], ["y"], "matmul"),
    ]
    normal("w1", 4, 3, 3, 3)
    normal("b1", 4)
    normal("w2", 4, 4, 3, 3)
    normal("b2", 4)
    normal("w3", 10, 64)
    normal("b3", 10)
    normal("w4", 10, 6)
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 8, 8])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 6])
    return model("static", nodes, [x], [y], tensors)


def residual():
    """Branches that meet, islands of what the tool does not know, and what it rounds by itself."""
    tensors, normal, _ = constants(8)
    nodes = [
        helper.make_node("Conv", ["x", "w1", "b1"], ["c1"], "conv1", pads=[1] * 4),
        helper.make_node("Relu", ["c1"], ["r1"], "relu1"),
        helper.make_node("Conv", ["r1", "w2", "b2"], ["c2"], "conv2", pads=[1] * 4),
        helper.make_node("Add", ["c2", "r1"], ["a"], "add"),
        helper.make_node("Relu", ["a"], ["r2"], "relu2"),
        helper.make_node("Sigmoid", ["r2"], ["s"], "sigmoid"),
        helper.make_node("Mul", ["r2", "s"], ["m"], "mul"),
        helper.make_node("LeakyRelu", ["c2"], ["l"], "leaky", alpha=0.1),
        helper.make_node("Concat", ["m", "l"], ["cat"], "concat", axis=1),
        helper.make_node("AveragePool", ["cat"], ["ap"], "average", kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Abs", ["ap"], ["abs"], "abs"),
        helper.make_node("Transpose", ["abs"], ["t"], "transpose", perm=[0, 2, 3, 1]),
        helper.make_node("Abs", ["t"], ["abs2"], "abs2"),
        helper.make_node("Mul", ["abs2", "k"], ["scaled"], "scaled"),
        helper.make_node("Tanh", ["scaled"], ["th"], "tanh"),
        helper.make_node("Add", ["th", "abs2"], ["sum"], "sum"),
        helper.make_node("Transpose", ["sum"], ["back"], "back", perm=[0, 3, 1, 2]),
        helper.make_node("GlobalAveragePool", ["back"], ["g"], "global"),
        helper.make_node("Flatten", ["g"], ["f"], "flatten"),
        helper.make_node("MatMul", ["f", "w3"], ["mm"], "matmul"),
        helper.make_node("Softmax", ["mm"], ["y"], "softmax"),
    ]
    normal("w1", 4, 3, 3, 3)
    normal("b1", 4)
    normal("w2", 4, 4, 3, 3)
    normal("b2", 4)
    normal("k", 8)
    normal("w3", 8, 6)
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 8, 8])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 6])
    return model("residual", nodes, [x], [y], tensors)


def encoder():
    """A layer of a transformer, with what else its exporters write."""
    tensors, normal, given = constants(12)
    node = helper.make_node
    nodes = [
        node("Gather", [normal("table", 11, 8), "ids"], ["words"], "gather"),
        node("Add", ["words", "x"], ["h"], "embed"),
        node("LayerNormalization", ["h", normal("g1", 8), normal("lb1", 8)], ["n1"], "norm1", axis=-1),
        node("MatMul", ["n1", normal("wqkv", 8, 24)], ["qkv0"], "qkv"),
        node("Add", ["qkv0", normal("bqkv", 24)], ["qkv"], "qkv_bias"),
        node("Split", ["qkv", given("thirds", [8, 8, 8])], ["q", "k", "v"], "split", axis=2),
        node("Reshape", ["q", given("heads", [1, 6, 2, 4])], ["qr"], "q_heads"),
        node("Transpose", ["qr"], ["qt"], "q_turned", perm=[0, 2, 1, 3]),
        node("Reshape", ["k", "heads"], ["kr"], "k_heads"),
        node("Transpose", ["kr"], ["kt"], "k_turned", perm=[0, 2, 3, 1]),
        node("Reshape", ["v", "heads"], ["vr"], "v_heads"),
        node("Transpose", ["vr"], ["vt"], "v_turned", perm=[0, 2, 1, 3]),
        node("MatMul", ["qt", "kt"], ["scores"], "scores"),
        node("Mul", ["scores", given("half", 0.5, np.float32)], ["scaled"], "scaled"),
        node("Where", ["mask", "scaled", given("low", -30, np.float32)], ["masked"], "masked"),
        node("Softmax", ["masked"], ["probabilities"], "softmax", axis=-1),
        node("MatMul", ["probabilities", "vt"], ["context"], "context"),
        node("Transpose", ["context"], ["ct"], "turned_back", perm=[0, 2, 1, 3]),
        node("Reshape", ["ct", given("joined", [1, 6, 8])], ["cr"], "join"),
        node("MatMul", ["cr", normal("wo", 8, 8)], ["o"], "project"),
        node("Add", ["o", "h"], ["r"], "residual"),
        node("LayerNormalization", ["r", normal("g2", 8), normal("lb2", 8)], ["n2"], "norm2", axis=-1),
        node("Unsqueeze", ["n2", given("first", [1])], ["u"], "unsqueeze"),
        node("Squeeze", ["u", "first"], ["sq"], "squeeze"),
        node("Where", ["which", "sq", "r"], ["chosen"], "choose"),
        node("Gather", ["chosen", given("zero", 0)], ["token"], "token", axis=1),
        node("MatMul", ["token", normal("wc", 8, 5)], ["logits"], "classify"),
    ]
    value = helper.make_tensor_value_info
    inputs = [
        value("x", TensorProto.FLOAT, [1, 6, 8]),
        value("ids", TensorProto.INT64, [1, 6]),
        value("mask", TensorProto.BOOL, [1, 1, 6, 6]),
        value("which", TensorProto.BOOL, [1, 6, 1]),
    ]
    return model("encoder", nodes, inputs, [value("logits", TensorProto.FLOAT, [1, 5])], tensors)


def operators():
    """What else the tool has a rule for, one after the other."""
    tensors, normal, given = constants(13)
    node = helper.make_node
    nodes = [
        node("Conv", ["x", normal("w1", 4, 3, 3, 3), normal("b1", 4)], ["c1"], "conv", pads=[1] * 4),
        node("InstanceNormalization", ["c1", normal("gi", 4), normal("bi", 4)], ["in"], "instance"),
        node("Pad", ["in", given("pads", [0, 0, 1, 1, 0, 0, 1, 1])], ["pd"], "pad"),
        node("Pad", ["pd", "pads", given("one", 1.5, np.float32)], ["pd1"], "pad_ones"),
        node("Slice", ["pd1", given("from", [1, 1]), given("to", [9, 9]), given("axes", [2, 3])], ["sl"], "slice"),
        node("Resize", ["sl", "", given("twice", [1, 1, 2, 2], np.float32)], ["up"], "nearest", mode="nearest"),
        node("Resize", ["up", "", given("less", [1, 1, 0.5, 0.5], np.float32)], ["down"], "linear", mode="linear"),
        node("ConvTranspose", ["down", normal("wt", 4, 4, 2, 2), normal("bt", 4)], ["t1"], "transposed"),
        node("Clip", ["t1", given("min", -0.4, np.float32), given("max", 0.6, np.float32)], ["cl"], "clip"),
        node("Add", ["cl", "t1"], ["su"], "sum"),
        node(
            "BatchNormalization",
            ["su", normal("gb", 4), normal("bb", 4), normal("mean", 4), given("var", [1, 2, 0.5, 1], np.float32)],
            ["bn"],
            "batch",
        ),
        node("LeakyRelu", ["bn"], ["lr"], "leaky", alpha=0.1),
        node("CumSum", ["lr", given("along", 3)], ["cs"], "cumulative"),
        node("TopK", ["cs", given("four", [4])], ["best", "places"], "best", axis=3),
        node("GatherElements", ["lr", "places"], ["picked"], "pick", axis=3),
        node("Concat", ["best", "picked"], ["cat"], "concat", axis=1),
        node("GlobalAveragePool", ["cat"], ["gp"], "global"),
        node("Flatten", ["gp"], ["f"], "flatten"),
        node("Gemm", ["f", normal("wg", 8, 6), normal("bg", 6)], ["y"], "gemm"),
        node("ArgMax", ["y"], ["class"], "argmax", axis=1, keepdims=0),
    ]
    value = helper.make_tensor_value_info
    return model(
        "operators",
        nodes,
        [value("x", TensorProto.FLOAT, [1, 3, 8, 8])],
        [value("y", TensorProto.FLOAT, [1, 6]), value("class", TensorProto.INT64, [1])],
        tensors,
    )
