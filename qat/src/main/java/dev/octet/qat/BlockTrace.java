package dev.octet.qat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.internal.NDArrayEx;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.octet.graph.Dim;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.GraphException;
import dev.octet.graph.PartialShape;
import dev.octet.graph.pass.DeadCodeElimination;
import dev.octet.qat.op.TensorArrays;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Writes down what a block does with its inputs.
///
/// The arrays that the block sees stand for real ones: a method is called on the real array, and if it gives another
/// array, a node that computes the same is added to the graph and the result stands for a value of that name.
final class BlockTrace {
    private static final Class<?>[] INTERFACES = {NDArray.class, NDArrayEx.class};

    private final GraphBuilder builder;
    private final TracedSteps steps;
    private final Map<Object, Traced> traced = new IdentityHashMap<>();
    private final Map<String, Traced> parameters = new HashMap<>();

    /// An array that the block sees.
    ///
    /// @param array the real one
    /// @param value its name in the graph
    record Traced(NDArray array, String value) {}

    BlockTrace(String name) {
        builder = new GraphBuilder(name);
        steps = new TracedSteps(builder);
    }

    NDArray input(String name, NDArray array) {
        List<Dim> dims = new ArrayList<>();
        for (long extent : array.getShape().getShape()) {
            dims.add(dims.isEmpty() ? Dim.symbol("N") : Dim.of(extent));
        }
        builder.input(name, TensorArrays.dtype(array.getDataType()), new PartialShape(dims));
        steps.batch(array.getShape().get(0));
        return stand(new Traced(array, name));
    }

    /// Parameters that are constants of the graph.
    ParameterStore parameters(NDManager manager) {
        return new ParameterStore(manager, false) {
            @Override
            public @Nullable NDArray getValue(@Nullable Parameter parameter, Device device, boolean training) {
                if (parameter == null) {
                    return null;
                }
                Traced known =
                        parameters.computeIfAbsent(
                                parameter.getId(),
                                _ -> {
                                    NDArray array = parameter.getArray();
                                    String name = parameter.getName() == null ? "weight" : parameter.getName();
                                    return new Traced(array, builder.freshConstant(name, TensorArrays.toTensor(array)));
                                });
                return stand(known);
            }
        };
    }

    Graph graph(NDList outputs) {
        for (NDArray output : outputs) {
            builder.output(of(output).value());
        }
        // Steps that another one took in are left over.
        return new DeadCodeElimination().apply(builder.build());
    }

    private NDArray stand(Traced what) {
        NDArray proxy =
                (NDArray)
                        Proxy.newProxyInstance(
                                BlockTrace.class.getClassLoader(),
                                INTERFACES,
                                (self, method, arguments) -> call(self, method, arguments));
        traced.put(proxy, what);
        return proxy;
    }

    /// What an array stands for; one from elsewhere is a constant.
    private Traced of(Object array) {
        Traced known = traced.get(array);
        return known != null
                ? known
                : new Traced(
                        (NDArray) array, builder.freshConstant("constant", TensorArrays.toTensor((NDArray) array)));
    }

    private @Nullable Object call(Object self, Method method, Object @Nullable [] given) throws Throwable {
        Object[] arguments = given == null ? new Object[0] : given;
        Traced what = of(self);
        switch (method.getName()) {
            case "getNDArrayInternal" -> {
                return self;
            }
            case "equals" -> {
                return traced.containsKey(arguments[0]) && of(arguments[0]).equals(what);
            }
            case "hashCode" -> {
                return System.identityHashCode(self);
            }
            default -> {}
        }
        Object[] real = new Object[arguments.length];
        for (int i = 0; i < real.length; i++) {
            real[i] = real(arguments[i]);
        }
        return recorded(what, method, arguments, result(what, method, real));
    }

    private static @Nullable Object result(Traced what, Method method, Object[] real) throws Throwable {
        if (method.getName().equals("deconvolution")) {
            return TransposedBlocks.result(real);
        }
        Object target =
                method.getDeclaringClass() == NDArrayEx.class ? what.array().getNDArrayInternal() : what.array();
        try {
            return method.invoke(target, real);
        } catch (InvocationTargetException e) {
            throw e.getCause() == null ? e : e.getCause();
        }
    }

    private @Nullable Object real(@Nullable Object argument) {
        if (argument instanceof NDList list) {
            NDList arrays = new NDList();
            list.forEach(a -> arrays.add(a == null ? null : of(a).array()));
            return arrays;
        }
        return argument instanceof NDArray array ? of(array).array() : argument;
    }

    private @Nullable Object recorded(Traced self, Method method, Object[] arguments, @Nullable Object result) {
        NDList arrays =
                switch (result) {
                    case NDArray array -> new NDList(array);
                    case NDList list -> list;
                    case null, default -> new NDList();
                };
        if (arrays.isEmpty()) {
            return result;
        }
        Object[] named = new Object[arguments.length];
        for (int i = 0; i < named.length; i++) {
            named[i] = named(arguments[i]);
        }
        List<String> values = steps.record(method.getName(), self, named, arrays);
        if (values == null) {
            throw new GraphException("a graph cannot express this step of the block: " + method.getName());
        }
        NDList standing = new NDList();
        for (int i = 0; i < values.size(); i++) {
            standing.add(stand(new Traced(arrays.get(i), values.get(i))));
        }
        return result instanceof NDArray ? standing.head() : standing;
    }

    private @Nullable Object named(@Nullable Object argument) {
        if (argument instanceof NDList list) {
            return list.stream().map(this::of).toList();
        }
        return argument instanceof NDArray array ? of(array) : argument;
    }
}
