package dev.octet.quantize.spec;

import java.util.ArrayList;
import java.util.List;

/// Which configuration each node gets, as in PyTorch's `QConfigMapping`: of those that match, the first in this order
/// counts: operator of a type by its position in a scope, name, pattern of names, type, global.
///
/// ```java
/// QuantizationSpec spec = QConfigMapping.of(NodeConfig.INHERITED)
///         .withType("Softmax", NodeConfig.FLOAT)
///         .withName("/encoder/layer.0", NodeConfig.FLOAT)
///         .applyTo(Presets.named("qnnpack"));
/// ```
///
/// @param global of nodes that nothing else matches; [NodeConfig#FLOAT] to quantize only what is named
/// @param rules of the others; among patterns, the first that matches counts
public record QConfigMapping(NodeConfig global, List<NodeRule> rules) {
    public QConfigMapping {
        rules = List.copyOf(rules);
    }

    /// A mapping of everything to one configuration.
    public static QConfigMapping of(NodeConfig global) {
        return new QConfigMapping(global, List.of());
    }

    /// Nodes of an ONNX operator type (`set_object_type`). One that is quantized counts among those of the
    /// specification although that does not name it.
    public QConfigMapping withType(String type, NodeConfig config) {
        return with(new NodeSelector.OperatorType(type), config);
    }

    /// The node of a name, or the nodes in a scope of that name (`set_module_name`); of several, the longest counts.
    public QConfigMapping withName(String name, NodeConfig config) {
        return with(new NodeSelector.Name(name), config);
    }

    /// Nodes whose name begins with a match (`set_module_name_regex`).
    public QConfigMapping withPattern(String regex, NodeConfig config) {
        return with(new NodeSelector.NameBeginning(regex), config);
    }

    /// The `index`-th operator of a type in a scope, from 0 (`set_module_name_object_type_order`).
    public QConfigMapping withTypeInOrder(String scope, String type, int index, NodeConfig config) {
        return with(new NodeSelector.OperatorInScope(scope, type, index), config);
    }

    /// This mapping with one more rule. Rules of equal precedence keep their order.
    public QConfigMapping with(NodeSelector selector, NodeConfig config) {
        List<NodeRule> all = new ArrayList<>(rules);
        all.add(new NodeRule(selector, config));
        return new QConfigMapping(global, all);
    }

    /// A specification with these rules before its own.
    public QuantizationSpec applyTo(QuantizationSpec base) {
        List<NodeRule> all = new ArrayList<>(rules);
        if (!global.equals(NodeConfig.INHERITED)) {
            all.add(new NodeRule(new NodeSelector.Everything(), global));
        }
        all.addAll(base.rules());
        QuantizationSpec spec = base.withRules(all);
        for (NodeRule rule : rules) {
            if (rule.selector() instanceof NodeSelector.OperatorType(String type) && rule.config().quantize()) {
                spec = spec.including(type);
            }
        }
        return spec;
    }
}
