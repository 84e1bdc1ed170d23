/// A chart as SVG text: lines through measured points, readable in a browser and in a README.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sauda::bench {

struct PlotPoint {
    double x = 0;
    double y = 0;
};

struct PlotSeries {
    std::string name;
    std::vector<PlotPoint> points;
};

struct Plot {
    std::string title;
    std::string x_label;  ///< with its unit
    std::string y_label;
    bool x_is_log = false;    ///< then every x is above zero
    bool is_scatter = false;  ///< points alone, without lines through them
    std::vector<PlotSeries> series;
};

/// The y axis begins at zero, so that heights compare. Requires: at least one point.
std::string svg_of(const Plot& plot);

/// What went wrong, if the file cannot be written.
base::Result<void, std::string> write_plot(const Plot& plot, const std::string& path);

/// `text` as it may stand in XML, between tags or in quotes.
std::string xml_escaped(std::string_view text);
/// 1500 as "1.5 k", 2000000 as "2 M".
std::string short_number(double value);
/// A round step that divides [0, top] in four to ten. Requires: top > 0.
double round_step(double top);

}  // namespace sauda::bench
