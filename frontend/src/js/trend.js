import { LineChart } from "echarts/charts";
import { GridComponent, MarkAreaComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([LineChart, GridComponent, TooltipComponent, MarkAreaComponent, CanvasRenderer]);

const DARK = matchMedia("(prefers-color-scheme: dark)");
const css = getComputedStyle(document.documentElement);
const token = (name) => css.getPropertyValue(name).trim();

/**
 * <trend-chart> draws the JSON in the <script type="application/json"> it holds:
 *
 * labels   what stands below the axis, written by the server in the page's language
 * titles   the same points in full for the tip (optional)
 * min max  the range of the axis; null or absent: from the values
 * bands    [{from, to, name}], from and to being labels (optional)
 * digits   decimals in the tip (optional), unit: what follows the number (optional)
 * series   [{name, color: "--token", values, area?, dashed?}]; a null value is a gap
 */
class TrendChart extends HTMLElement {
  connectedCallback() {
    const script = this.querySelector("script");
    const canvas = this.querySelector("[data-canvas]");
    if (!script || !canvas || this.chart) return;
    this.chart = init(canvas);
    this.draw = () => this.chart?.setOption(option(JSON.parse(script.textContent), getComputedStyle(this).fontFamily));
    this.draw();
    DARK.addEventListener("change", this.draw);
    this.observer = new ResizeObserver(() => this.chart.resize());
    this.observer.observe(canvas);
  }

  disconnectedCallback() {
    this.observer?.disconnect();
    DARK.removeEventListener("change", this.draw);
    this.chart?.dispose();
    this.chart = null;
  }
}

function option(data, fontFamily) {
  const colors = data.series.map((series) => token(series.color));
  return {
    textStyle: { fontFamily },
    animationDuration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 500,
    grid: { left: 8, right: 18, top: 18, bottom: 4, containLabel: true },
    tooltip: {
      trigger: "axis",
      className: "chart-tip",
      confine: true,
      // A node, not a string of HTML: strings carry inline styles, which the page's policy forbids.
      formatter: (points) => tip(points, data, colors),
      axisPointer: { type: "line", lineStyle: { color: token("--ink-4"), type: [3, 3] } },
      borderWidth: 0,
      padding: 0,
      extraCssText: "",
    },
    xAxis: {
      type: "category",
      data: data.labels,
      boundaryGap: data.labels.length < 2,
      axisTick: { show: false },
      axisLine: { lineStyle: { color: token("--line") } },
      axisLabel: { color: token("--ink-3"), fontSize: 12, hideOverlap: true, showMinLabel: true, showMaxLabel: true, alignMinLabel: "left", alignMaxLabel: "right" },
    },
    yAxis: {
      type: "value",
      min: data.min ?? undefined,
      max: data.max ?? undefined,
      scale: true,
      splitNumber: 4,
      axisLabel: { color: token("--ink-3"), fontSize: 12 },
      splitLine: { lineStyle: { color: token("--line-soft") } },
    },
    series: data.series.map((series, index) => line(series, index, colors[index], data)),
  };
}

function line(series, index, color, data) {
  const lonely = (i) => series.values[i] != null && series.values[i - 1] == null && series.values[i + 1] == null;
  const hasLonely = series.values.some((_, i) => lonely(i));
  return {
    type: "line",
    name: series.name,
    data: series.values,
    connectNulls: false,
    smooth: 0.35,
    smoothMonotone: "x",
    symbol: "circle",
    // A value between two gaps has no line to show it, so it gets a dot.
    symbolSize: hasLonely ? (_, point) => (lonely(point.dataIndex) ? 7 : 0) : 7,
    showSymbol: hasLonely,
    emphasis: { disabled: true },
    z: 10 - index,
    lineStyle: { width: index ? 1.75 : 2.75, color, type: series.dashed ? [5, 4] : "solid" },
    itemStyle: { color, borderColor: token("--surface"), borderWidth: hasLonely ? 0 : 2 },
    markArea: index ? undefined : bands(data.bands ?? []),
    areaStyle: series.area ? { color: fade(color) } : undefined,
  };
}

function bands(list) {
  return {
    silent: true,
    itemStyle: { color: token("--amber-soft") },
    label: { color: token("--amber-ink"), fontSize: 12, position: "insideTop" },
    data: list.map((band) => [{ name: band.name, xAxis: band.from }, { xAxis: band.to }]),
  };
}

function fade(color) {
  const stops = [{ offset: 0, color: `${color}2e` }, { offset: 1, color: `${color}00` }];
  return { type: "linear", x: 0, y: 0, x2: 0, y2: 1, colorStops: stops };
}

function tip(points, data, colors) {
  const box = document.createElement("div");
  box.className = "chart-tip-body";
  const title = document.createElement("strong");
  title.textContent = data.titles?.[points[0].dataIndex] ?? points[0].axisValueLabel;
  box.append(title);
  for (const point of points) {
    const row = document.createElement("span");
    const dot = document.createElement("i");
    dot.style.background = colors[point.seriesIndex];
    const value = document.createElement("b");
    value.textContent = shown(point.value, data);
    row.append(dot, point.seriesName, value);
    box.append(row);
  }
  return box;
}

function shown(value, data) {
  if (value == null || Number.isNaN(value)) return "—";
  return (data.digits == null ? String(value) : Number(value).toFixed(data.digits)) + (data.unit ?? "");
}

customElements.define("trend-chart", TrendChart);
