// Prints what TFLite's reference kernels give, as JSON. Built once for each rounding (TFLITE_SINGLE_ROUNDING).
#include <cmath>
#include <cstdio>
#include <random>
#include <vector>
#include "tensorflow/lite/kernels/internal/common.h"
#include "tensorflow/lite/kernels/internal/quantization_util.h"
#include "tensorflow/lite/kernels/internal/reference/hard_swish.h"
#include "tensorflow/lite/kernels/internal/reference/integer_ops/add.h"
#include "tensorflow/lite/kernels/internal/reference/integer_ops/conv.h"
#include "tensorflow/lite/kernels/internal/reference/integer_ops/depthwise_conv.h"
#include "tensorflow/lite/kernels/internal/reference/integer_ops/fully_connected.h"
#include "tensorflow/lite/kernels/internal/reference/integer_ops/logistic.h"
#include "tensorflow/lite/kernels/internal/reference/integer_ops/mul.h"
#include "tensorflow/lite/kernels/internal/reference/integer_ops/pooling.h"
#include "tensorflow/lite/kernels/internal/reference/integer_ops/tanh.h"
#include "tensorflow/lite/kernels/internal/reference/integer_ops/transpose_conv.h"
#include "tensorflow/lite/kernels/internal/reference/leaky_relu.h"
#include "tensorflow/lite/kernels/internal/reference/log_softmax.h"
#include "tensorflow/lite/kernels/internal/reference/reduce.h"
#include "tensorflow/lite/kernels/internal/reference/requantize.h"
#include "tensorflow/lite/kernels/internal/reference/softmax.h"
#include "tensorflow/lite/kernels/internal/reference/sub.h"
using namespace tflite;
typedef std::vector<int8_t> V;
static RuntimeShape S(std::vector<int> d) { return RuntimeShape((int)d.size(), d.data()); }
static std::mt19937 rng(42);
static int uni(int a, int b) { return a + (int)(rng() % (unsigned)(b - a + 1)); }
static float scale(float lo, float hi) { return lo * std::pow(hi / lo, (float)(rng() % 10000) / 10000); }
static V bytes(int n, int lo = -128) { V v(n); for (auto& x : v) x = uni(lo, 127); return v; }
static V all() { V v(256); for (int i = 0; i < 256; i++) v[i] = i - 128; return v; }
template <class T> static void arr(const char* name, const std::vector<T>& v, const char* end = ",") {
  printf("\"%s\":[", name); for (size_t i = 0; i < v.size(); i++) printf(i ? ",%d" : "%d", (int)v[i]); printf("]%s", end); }
static void floats(const char* name, const std::vector<float>& v) {
  printf("\"%s\":[", name); for (size_t i = 0; i < v.size(); i++) printf(i ? ",%.9g" : "%.9g", v[i]); printf("],"); }
static bool first = true;
static void begin(const char* op) { printf("%s\n{\"op\":\"%s\",", first ? "" : ",", op); first = false; }
static void in1(float si, int zi, float so, int zo) { printf("\"inputScale\":%.9g,\"inputZeroPoint\":%d,\"outputScale\":%.9g,\"outputZeroPoint\":%d,", si, zi, so, zo); }
static void fin(const V& y) { arr("y", y, "}"); }
static int32_t round_(float x) { return (int32_t)std::round(x); }

static void squash(bool tanh_, float si, int zi) {
  int shift; const double q = std::frexp((double)si * (double)(1 << 27), &shift);
  int32_t m = (int32_t)TfLiteRound(q * (1ll << 31));
  int radius = CalculateInputRadius(4, shift, 31);
  V x = all(), y(256);
  if (tanh_) { begin("tanh"); in1(si, zi, 1.f / 128, 0); RuntimeShape s = S({256}); reference_integer_ops::Tanh(zi, radius, m, shift, s, x.data(), s, y.data()); }
  else { begin("logistic"); in1(si, zi, 1.f / 256, -128); reference_integer_ops::Logistic(zi, radius, m, shift, 256, x.data(), y.data()); }
  fin(y);
}
static void hardswish(float si, int zi, float so, int zo) {
  HardSwishParams p; p.input_zero_point = zi; p.output_zero_point = zo;
  const float hires = (1.0f / 128.0f) * si, reluish = 3.0f / 32768.0f;
  int32_t m;
  QuantizeMultiplier((double)(hires / so), &m, &p.output_multiplier_exponent); DownScaleInt32ToInt16Multiplier(m, &p.output_multiplier_fixedpoint_int16);
  if (p.output_multiplier_exponent > 0) return;
  QuantizeMultiplier((double)(hires / reluish), &m, &p.reluish_multiplier_exponent); DownScaleInt32ToInt16Multiplier(m, &p.reluish_multiplier_fixedpoint_int16);
  V x = all(), y(256); RuntimeShape s = S({256}); reference_ops::HardSwish<int8_t>(p, s, x.data(), s, y.data());
  begin("hardswish"); in1(si, zi, so, zo); fin(y);
}
static void leaky(float si, int zi, float so, int zo, float alpha) {
  LeakyReluParams p; p.input_offset = zi; p.output_offset = zo; int e;
  QuantizeMultiplier((double)(si * alpha / so), &p.output_multiplier_alpha, &e); p.output_shift_alpha = e;
  QuantizeMultiplier((double)(si / so), &p.output_multiplier_identity, &e); p.output_shift_identity = e;
  V x = all(), y(256); RuntimeShape s = S({256}); reference_ops::QuantizeLeakyRelu<int8_t>(p, s, x.data(), s, y.data());
  begin("leakyrelu"); in1(si, zi, so, zo); printf("\"alpha\":%.9g,", alpha); fin(y);
}
static void requant(float si, int zi, float so, int zo) {
  int32_t m; int e; QuantizeMultiplier((double)si / (double)so, &m, &e);
  V x = all(), y(256); reference_ops::Requantize(x.data(), 256, m, e, zi, zo, y.data());
  begin("requantize"); in1(si, zi, so, zo); fin(y);
}
static void binary(const char* op, float s1, int z1, float s2, int z2, float so, int zo, int lo, int hi) {
  ArithmeticParams p; p.broadcast_category = BroadcastableOpCategory::kNonBroadcast; int n = 400; V a = bytes(n), b = bytes(n), y(n); RuntimeShape s = S({n});
  p.input1_offset = -z1; p.input2_offset = -z2; p.output_offset = zo; p.quantized_activation_min = lo; p.quantized_activation_max = hi;
  if (op[0] != 'm') {
    p.left_shift = 20; double t = 2 * (double)std::max(s1, s2);
    double mo = t / ((1 << 20) * (double)so); if (mo >= 1) return;
    QuantizeMultiplierSmallerThanOneExp((double)s1 / t, &p.input1_multiplier, &p.input1_shift);
    QuantizeMultiplierSmallerThanOneExp((double)s2 / t, &p.input2_multiplier, &p.input2_shift);
    QuantizeMultiplierSmallerThanOneExp(mo, &p.output_multiplier, &p.output_shift);
    if (op[0] == 's') reference_ops::Sub(p, s, a.data(), s, b.data(), s, y.data()); else reference_integer_ops::Add(p, s, a.data(), s, b.data(), s, y.data());
  } else {
    QuantizeMultiplier((double)s1 * (double)s2 / (double)so, &p.output_multiplier, &p.output_shift);
    reference_integer_ops::Mul(p, s, a.data(), s, b.data(), s, y.data());
  }
  begin(op); floats("scales", {s1, s2, so}); arr("zeroPoints", std::vector<int>{z1, z2, zo}); arr("limits", std::vector<int>{lo, hi}); arr("a", a); arr("b", b); fin(y);
}
static void softmax(float si, int rows, int depth) {
  SoftmaxParams p; PreprocessSoftmaxScaling(1.0, (double)si, 5, &p.input_multiplier, &p.input_left_shift);
  p.diff_min = -1.0 * CalculateInputRadius(5, p.input_left_shift);
  V x = bytes(rows * depth), y(rows * depth); RuntimeShape s = S({rows, depth});
  reference_ops::Softmax(p, s, x.data(), s, y.data());
  begin("softmax"); printf("\"inputScale\":%.9g,", si); arr("shape", std::vector<int>{rows, depth}); arr("x", x); fin(y);
}
static void logSoftmax(float si, int rows, int depth) {
  SoftmaxParams p; int reverse; PreprocessLogSoftmaxScalingExp(1.0, (double)si, 5, &p.input_multiplier, &p.input_left_shift, &p.reverse_scaling_divisor, &reverse);
  p.reverse_scaling_right_shift = -reverse; p.diff_min = -1.0 * CalculateInputRadius(5, p.input_left_shift);
  V x = bytes(rows * depth), y(rows * depth); RuntimeShape s = S({rows, depth});
  reference_ops::LogSoftmax(p, rows, depth, s, x.data(), s, y.data());
  begin("logsoftmax"); printf("\"inputScale\":%.9g,", si); arr("shape", std::vector<int>{rows, depth}); arr("x", x); fin(y);
}
static void mean(float si, int zi, float so, int zo, int n, int c, int h, int w) {
  int32_t m; int e; QuantizeMultiplier((double)si / (double)so, &m, &e);
  V x = bytes(n * h * w * c), y(n * c); int id[4] = {n, h, w, c}, od[2] = {n, c}, axis[2] = {1, 2}, ti[4], ra[4]; std::vector<int32_t> sum(n * c);
  reference_ops::QuantizedMeanOrSum<int8_t, int32_t>(x.data(), zi, id, 4, y.data(), m, e, zo, od, 2, axis, 2, false, ti, ra, sum.data(), false);
  begin("mean"); in1(si, zi, so, zo); arr("shape", std::vector<int>{n, h, w, c}); arr("x", x); fin(y);
}
static void pool(bool avg, int n, int h, int w, int c, int k, int stride, int pad, int lo, int hi) {
  PoolParams p; p.stride_height = p.stride_width = stride; p.filter_height = p.filter_width = k; p.padding_values.height = p.padding_values.width = pad; p.quantized_activation_min = lo; p.quantized_activation_max = hi;
  int oh = (h + 2 * pad - k) / stride + 1, ow = (w + 2 * pad - k) / stride + 1; V x = bytes(n * h * w * c), y(n * oh * ow * c); RuntimeShape si = S({n, h, w, c}), so = S({n, oh, ow, c});
  if (avg) reference_integer_ops::AveragePool(p, si, x.data(), so, y.data()); else reference_integer_ops::MaxPool(p, si, x.data(), so, y.data());
  begin(avg ? "averagepool" : "maxpool"); arr("shape", std::vector<int>{n, h, w, c}); arr("window", std::vector<int>{k, stride, pad}); arr("limits", std::vector<int>{lo, hi}); arr("x", x); fin(y);
}
static void conv(bool depthwise, int h, int w, int ci, int co, int k, int stride, int pad, int dil, int lo, int hi) {
  float si = scale(.005f, .1f), so = scale(.02f, .4f); int zi = uni(-128, 127), zo = uni(-128, 127);
  std::vector<float> sw(co); for (auto& s : sw) s = scale(.001f, .02f);
  std::vector<int32_t> m(co), sh(co), bias(co);
  for (int i = 0; i < co; i++) { int e; QuantizeMultiplier((double)si * (double)sw[i] / (double)so, &m[i], &e); sh[i] = e; bias[i] = uni(-20000, 20000); }
  int oh = (h + 2 * pad - dil * (k - 1) - 1) / stride + 1, ow = (w + 2 * pad - dil * (k - 1) - 1) / stride + 1;
  V x = bytes(h * w * ci), wt = bytes(depthwise ? k * k * co : co * k * k * ci, -127), y(oh * ow * co);
  RuntimeShape xs = S({1, h, w, ci}), ys = S({1, oh, ow, co}), bs = S({co});
  if (depthwise) { DepthwiseParams p; p.stride_height = p.stride_width = stride; p.dilation_height_factor = p.dilation_width_factor = dil; p.padding_values.height = p.padding_values.width = pad; p.depth_multiplier = co / ci; p.input_offset = -zi; p.output_offset = zo; p.quantized_activation_min = lo; p.quantized_activation_max = hi;
    reference_integer_ops::DepthwiseConvPerChannel(p, m.data(), sh.data(), xs, x.data(), S({1, k, k, co}), wt.data(), bs, bias.data(), ys, y.data());
  } else { ConvParams p; p.stride_height = p.stride_width = stride; p.dilation_height_factor = p.dilation_width_factor = dil; p.padding_values.height = p.padding_values.width = pad; p.input_offset = -zi; p.output_offset = zo; p.quantized_activation_min = lo; p.quantized_activation_max = hi;
    reference_integer_ops::ConvPerChannel(p, m.data(), sh.data(), xs, x.data(), S({co, k, k, ci}), wt.data(), bs, bias.data(), ys, y.data()); }
  begin(depthwise ? "depthwise" : "conv"); in1(si, zi, so, zo); floats("weightScales", sw); arr("shape", std::vector<int>{1, h, w, ci}); arr("channels", std::vector<int>{co}); arr("window", std::vector<int>{k, stride, pad, dil}); arr("limits", std::vector<int>{lo, hi});
  arr("bias", bias); arr("weights", wt); arr("x", x); fin(y);
}
static void transposed(int h, int w, int ci, int co, int k, int stride, int pad, int lo, int hi, bool biased) {
  float si = scale(.005f, .1f), so = scale(.02f, .4f); int zi = uni(-128, 127), zo = uni(-128, 127);
  std::vector<float> sw(co); for (auto& s : sw) s = scale(.001f, .02f);
  std::vector<int32_t> m(co), sh(co), bias(co);
  for (int i = 0; i < co; i++) { int e; QuantizeMultiplier((double)si * (double)sw[i] / (double)so, &m[i], &e); sh[i] = e; bias[i] = biased ? uni(-20000, 20000) : 0; }
  int oh = (h - 1) * stride + k - 2 * pad, ow = (w - 1) * stride + k - 2 * pad;
  V x = bytes(h * w * ci), wt = bytes(co * k * k * ci, -127), y(oh * ow * co); std::vector<int32_t> scratch(oh * ow * co);
  ConvParams p; p.stride_height = p.stride_width = stride; p.padding_values.height = p.padding_values.width = pad; p.input_offset = -zi; p.output_offset = zo; p.quantized_activation_min = lo; p.quantized_activation_max = hi;
  RuntimeShape none = S({1});
  reference_integer_ops::TransposeConv(p, m.data(), sh.data(), S({1, h, w, ci}), x.data(), S({co, k, k, ci}), wt.data(), S({co}), biased ? bias.data() : nullptr, S({1, oh, ow, co}), y.data(), none, nullptr, scratch.data());
  begin("transposed"); in1(si, zi, so, zo); floats("weightScales", sw); arr("shape", std::vector<int>{1, h, w, ci}); arr("channels", std::vector<int>{co}); arr("window", std::vector<int>{k, stride, pad, 1}); arr("limits", std::vector<int>{lo, hi});
  if (biased) arr("bias", bias); arr("weights", wt); arr("x", x); fin(y);
}
static void fc(int rows, int depth, int co, bool perChannel) {
  float si = scale(.005f, .1f), so = scale(.02f, .4f); int zi = uni(-128, 127), zo = uni(-128, 127);
  std::vector<float> sw(perChannel ? co : 1); for (auto& s : sw) s = scale(.001f, .02f);
  std::vector<int32_t> m(co), sh(co), bias(co); std::vector<int> shi(co);
  for (int i = 0; i < co; i++) { int e; double r = perChannel ? (double)si * (double)sw[i] / (double)so : (double)(si * sw[0]) / (double)so; QuantizeMultiplier(r, &m[i], &e); sh[i] = e; shi[i] = e; bias[i] = uni(-20000, 20000); }
  V x = bytes(rows * depth), wt = bytes(co * depth, -127), y(rows * co);
  FullyConnectedParams p; p.input_offset = -zi; p.weights_offset = 0; p.output_offset = zo; p.quantized_activation_min = -128; p.quantized_activation_max = 127; p.output_multiplier = m[0]; p.output_shift = sh[0];
  RuntimeShape xs = S({rows, depth}), ws = S({co, depth}), bs = S({co}), ys = S({rows, co});
  if (perChannel) reference_integer_ops::FullyConnectedPerChannel(p, m.data(), shi.data(), xs, x.data(), ws, wt.data(), bs, bias.data(), ys, y.data());
  else reference_integer_ops::FullyConnected(p, xs, x.data(), ws, wt.data(), bs, bias.data(), ys, y.data());
  begin("fullyconnected"); in1(si, zi, so, zo); floats("weightScales", sw); arr("shape", std::vector<int>{rows, depth}); arr("channels", std::vector<int>{co}); arr("bias", bias); arr("weights", wt); arr("x", x); fin(y);
}
int main() {
  printf("[");
  for (float s : {.001f, .0123f, .05f, .125f, .3f, 1.5f}) for (int z : {-128, -5, 0, 77, 127}) { squash(false, s, z); squash(true, s, z); }
  for (int i = 0; i < 20; i++) hardswish(scale(.004f, .3f), uni(-128, 127), scale(.004f, .3f), uni(-128, 127));
  for (int i = 0; i < 10; i++) leaky(scale(.01f, .3f), uni(-128, 127), scale(.01f, .3f), uni(-128, 127), i == 9 ? -.3f : scale(.01f, .9f));
  for (int i = 0; i < 20; i++) requant(scale(.004f, .3f), uni(-128, 127), scale(.004f, .3f), uni(-128, 127));
  for (int i = 0; i < 20; i++) { int lo = i % 3 ? -128 : uni(-128, -20), hi = i % 3 ? 127 : uni(20, 127); binary(i < 10 ? "add" : "mul", scale(.004f, .2f), uni(-128, 127), scale(.004f, .2f), uni(-128, 127), scale(.01f, .3f), uni(-128, 127), lo, hi); }
  for (float s : {.0005f, .01f, .05f, .1f, .4f, 2.f, 20.f}) { softmax(s, 4, 10); softmax(s, 1, 100); }
  for (int i = 0; i < 8; i++) mean(scale(.01f, .2f), uni(-128, 127), scale(.01f, .2f), uni(-128, 127), 2, 3, uni(1, 9), uni(1, 9));
  for (int i = 0; i < 8; i++) pool(i % 2, 1, 7, 8, 3, uni(2, 3), uni(1, 2), uni(0, 1), i % 4 ? -128 : -30, i % 4 ? 127 : 60);
  conv(false, 6, 7, 3, 8, 3, 1, 1, 1, -128, 127); conv(false, 9, 9, 4, 6, 3, 2, 1, 1, -20, 100); conv(false, 8, 8, 5, 7, 1, 1, 0, 1, -128, 127); conv(false, 9, 8, 2, 3, 3, 1, 2, 2, -128, 127);
  conv(true, 6, 7, 8, 8, 3, 1, 1, 1, -128, 127); conv(true, 9, 9, 6, 6, 3, 2, 1, 1, -20, 100); conv(true, 8, 8, 5, 5, 5, 1, 2, 1, -128, 127);
  fc(5, 40, 9, true); fc(5, 40, 9, false); fc(1, 120, 10, true);
  for (int i = 0; i < 12; i++) { int lo = i % 3 ? -128 : uni(-128, -20), hi = i % 3 ? 127 : uni(20, 127); binary("sub", scale(.004f, .2f), uni(-128, 127), scale(.004f, .2f), uni(-128, 127), scale(.01f, .3f), uni(-128, 127), lo, hi); }
  for (float s : {.0005f, .01f, .05f, .1f, .4f, 2.f, 20.f}) { logSoftmax(s, 4, 10); logSoftmax(s, 1, 100); logSoftmax(s, 2, 1); }
  transposed(5, 6, 3, 8, 2, 2, 0, -128, 127, true); transposed(4, 5, 4, 6, 3, 2, 1, -20, 100, true); transposed(6, 5, 5, 7, 4, 2, 1, -128, 127, false); transposed(5, 5, 2, 3, 3, 1, 1, -128, 127, true); transposed(3, 4, 6, 4, 2, 3, 0, -128, 127, true);
  printf("\n]\n");
}
