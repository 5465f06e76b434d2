// Prints what ncnn's INT8 layers give, as JSON: convolution, depthwise convolution and inner product, from floats to
// floats, and where ncnn has it (convolutions) from INT8 to INT8.
#include <cstdio>
#include <cstring>
#include <random>
#include <vector>
#include "layer.h"
#include "modelbin.h"
#include "paramdict.h"
using namespace ncnn;
static std::mt19937 rng(7);
static int uni(int a, int b) { return a + (int)(rng() % (unsigned)(b - a + 1)); }
static float real(float a, float b) { return a + (b - a) * (float)(rng() % 100001) / 100000; }
static Mat floats(const std::vector<float>& v) { Mat m((int)v.size()); memcpy(m.data, v.data(), v.size() * 4); return m; }
template <class T> static void arr(const char* name, const std::vector<T>& v, const char* format) {
  printf(",\"%s\":[", name);
  for (size_t i = 0; i < v.size(); i++) { if (i) printf(","); printf(format, v[i]); }
  printf("]");
}
static bool first = true;
static void layer(const char* type, int in, int out, int h, int w, int k, int stride, int pad, int activation, std::vector<float> params, bool requantize) {
  bool dense = !strcmp(type, "InnerProduct"), depthwise = !strcmp(type, "ConvolutionDepthWise");
  int perChannel = dense ? in * h * w : depthwise ? k * k : in * k * k;
  // Scales of the graph; ncnn's multipliers are their reciprocals.
  float xs = real(.01f, .05f), ys = real(.02f, .1f);
  std::vector<float> ws(out), wm(out), bias(out), x(in * h * w);
  for (int i = 0; i < out; i++) { ws[i] = real(.002f, .02f); wm[i] = 1.f / ws[i]; bias[i] = real(-1, 1); }
  for (auto& v : x) v = real(-6, 6);
  for (int i = 0; i < 12; i++) x[i * 3] = (uni(-130, 130) + .5f) * xs; // near ties
  std::vector<int> weights(out * perChannel);
  for (auto& v : weights) v = uni(-127, 127);
  Mat wd((int)weights.size(), (size_t)1u);
  for (size_t i = 0; i < weights.size(); i++) ((signed char*)wd.data)[i] = (signed char)weights[i];
  ParamDict pd; pd.set(0, out);
  if (dense) { pd.set(1, 1); pd.set(2, (int)weights.size()); pd.set(8, 1); }
  else { pd.set(1, k); pd.set(3, stride); pd.set(4, pad); pd.set(5, 1); pd.set(6, (int)weights.size()); pd.set(7, depthwise ? out : 1); pd.set(8, requantize ? 101 : 1); }
  pd.set(9, activation); if (!params.empty()) pd.set(10, floats(params));
  Layer* l = create_layer(type); l->load_param(pd);
  Mat arrays[5] = {wd, floats(bias), floats(wm), floats({1.f / xs}), floats({1.f / ys})};
  l->load_model(ModelBinFromMatArray(arrays));
  Option opt; opt.num_threads = 1; opt.use_packing_layout = false; opt.use_fp16_storage = opt.use_fp16_arithmetic = opt.use_fp16_packed = false; opt.use_bf16_storage = false;
  l->create_pipeline(opt);
  Mat bottom(w, h, in), top;
  for (int c = 0; c < in; c++) for (int i = 0; i < h * w; i++) bottom.channel(c)[i] = x[c * h * w + i];
  int rc = l->forward(bottom, top, opt);
  if (rc) { fprintf(stderr, "%s: %d\n", type, rc); exit(1); }
  printf("%s\n{\"layer\":\"%s\",\"inputScale\":%.9g,\"outputScale\":%.9g,\"activation\":%d", first ? "" : ",", type, xs, ys, activation); first = false;
  arr("params", params, "%.9g"); arr("shape", std::vector<int>{in, h, w}, "%d"); arr("window", std::vector<int>{k, stride, pad}, "%d");
  arr("weightScales", ws, "%.9g"); arr("bias", bias, "%.9g"); arr("weights", weights, "%d"); arr("x", x, "%.9g");
  std::vector<float> y; std::vector<int> q;
  int n = top.dims == 1 ? top.w : top.w * top.h;
  for (int c = 0; c < (top.dims == 1 ? 1 : top.c); c++) for (int i = 0; i < n; i++) {
    if (top.elemsize == 1) q.push_back(((const signed char*)top.channel(c).data)[i]);
    else y.push_back(top.dims == 1 ? ((const float*)top.data)[i] : ((const float*)top.channel(c).data)[i]);
  }
  if (requantize) arr("q", q, "%d"); else arr("y", y, "%.9g");
  printf("}"); l->destroy_pipeline(opt); delete l;
}
int main() {
  printf("[");
  for (int requantize = 0; requantize < 2; requantize++) {
    layer("Convolution", 3, 5, 7, 8, 3, 1, 1, 1, {}, requantize);
    layer("Convolution", 4, 6, 6, 6, 1, 1, 0, 0, {}, requantize);
    layer("Convolution", 2, 4, 9, 7, 3, 2, 1, 2, {.1f}, requantize);
    layer("Convolution", 3, 4, 6, 5, 2, 1, 0, 3, {-.5f, 3.f}, requantize);
    layer("ConvolutionDepthWise", 6, 6, 7, 7, 3, 1, 1, 1, {}, requantize);
    layer("ConvolutionDepthWise", 5, 5, 8, 6, 3, 2, 1, 0, {}, requantize);
    layer("Convolution", 3, 4, 6, 6, 3, 1, 1, 4, {}, requantize);
    layer("Convolution", 3, 4, 6, 6, 3, 1, 1, 6, {1.f / 6, .5f}, requantize);
  }
  layer("InnerProduct", 4, 7, 3, 3, 1, 1, 0, 1, {}, false);
  layer("InnerProduct", 40, 9, 1, 1, 1, 1, 0, 0, {}, false);
  printf("\n]\n");
}
