#include "bench/plot.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>

#include "base/assert.h"

namespace sauda::bench {

namespace {

constexpr double width = 760;
constexpr double height = 420;
constexpr double left = 80;
constexpr double right = 180;  ///< room for the names of series
constexpr double top = 50;
constexpr double bottom = 60;
/// Told apart by the colour-blind too (Okabe and Ito).
constexpr const char* colours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"};

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", value);
    return text;
}

std::string text_at(double x, double y, const char* anchor, const std::string& text, int size) {
    return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" text-anchor=\"" + anchor +
           "\" font-size=\"" + std::to_string(size) + "\">" + xml_escaped(text) + "</text>\n";
}

std::string line(double x1, double y1, double x2, double y2, const char* colour) {
    return "<line x1=\"" + number(x1) + "\" y1=\"" + number(y1) + "\" x2=\"" + number(x2) + "\" y2=\"" +
           number(y2) + "\" stroke=\"" + colour + "\"/>\n";
}

/// From values to places on the page.
class Axes {
public:
    explicit Axes(const Plot& plot) : is_log_(plot.x_is_log) {
        bool is_first = true;
        for (const PlotSeries& series : plot.series) {
            for (const PlotPoint& point : series.points) {
                const double at = along(point.x);
                x_low_ = is_first ? at : std::min(x_low_, at);
                x_high_ = is_first ? at : std::max(x_high_, at);
                y_high_ = std::max(y_high_, point.y);
                is_first = false;
            }
        }
        ASSERT(!is_first);
        if (x_high_ == x_low_) x_high_ = x_low_ + 1;
        if (y_high_ <= 0) y_high_ = 1;
        step_ = round_step(y_high_);
        y_high_ = std::ceil(y_high_ / step_) * step_;
    }
    double x(double value) const {
        return left + (along(value) - x_low_) / (x_high_ - x_low_) * (width - left - right);
    }
    double y(double value) const { return height - bottom - value / y_high_ * (height - top - bottom); }
    double y_high() const { return y_high_; }
    double y_step() const { return step_; }

private:
    double along(double x) const { return is_log_ ? std::log10(x) : x; }

    bool is_log_;
    double x_low_ = 0;
    double x_high_ = 0;
    double y_high_ = 0;
    double step_ = 1;
};

std::string grid(const Plot& plot, const Axes& axes) {
    std::string out;
    for (int i = 0; i * axes.y_step() <= axes.y_high() * 1.0001; ++i) {
        const double value = i * axes.y_step();
        out += line(left, axes.y(value), width - right, axes.y(value), i == 0 ? "#444" : "#ddd");
        out += text_at(left - 8, axes.y(value) + 4, "end", short_number(value), 12);
    }
    std::vector<double> marked;
    for (const PlotSeries& series : plot.series)
        for (const PlotPoint& point : series.points) marked.push_back(point.x);
    std::ranges::sort(marked);
    double last = -1e9;
    for (const double value : marked) {
        if (axes.x(value) - last < 45) continue;
        last = axes.x(value);
        out += line(last, height - bottom, last, height - bottom + 5, "#444");
        out += text_at(last, height - bottom + 20, "middle", short_number(value), 12);
    }
    return out;
}

std::string curve(const PlotSeries& series, const Axes& axes, std::size_t index, bool is_scatter) {
    const char* colour = colours[index % std::size(colours)];
    std::string path;
    std::string dots;
    for (const PlotPoint& point : series.points) {
        const std::string x = number(axes.x(point.x));
        const std::string y = number(axes.y(point.y));
        path += (path.empty() ? "M" : " L") + x + " " + y;
        dots += "<circle cx=\"" + x + "\" cy=\"" + y + "\" r=\"3.5\" fill=\"" + colour + "\"/>\n";
    }
    if (is_scatter) path = "M0 0";
    const double y = top + 10 + 22 * static_cast<double>(index);
    return "<path d=\"" + path + "\" fill=\"none\" stroke=\"" + colour + "\" stroke-width=\"2\"/>\n" + dots +
           "<circle cx=\"" + number(width - right + 24) + "\" cy=\"" + number(y - 4) + "\" r=\"5\" fill=\"" +
           colour + "\"/>\n" + text_at(width - right + 40, y, "start", series.name, 12);
}

}  // namespace

std::string xml_escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&apos;";
                break;
            default:
                // Control characters have no place in XML 1.0, not even as references.
                out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
        }
    }
    return out;
}

std::string short_number(double value) {
    constexpr const char* units[] = {"", " k", " M", " G"};
    std::size_t unit = 0;
    while (std::fabs(value) >= 1000 && unit + 1 < std::size(units)) {
        value /= 1000;
        ++unit;
    }
    char text[48];
    std::snprintf(text, sizeof text, "%.4g%s", value, units[unit]);
    return text;
}

double round_step(double top_value) {
    ASSERT(top_value > 0);
    const double rough = top_value / 5;
    const double power = std::pow(10, std::floor(std::log10(rough)));
    for (const double factor : {1.0, 2.0, 5.0})
        if (rough <= factor * power) return factor * power;
    return 10 * power;
}

std::string svg_of(const Plot& plot) {
    const Axes axes(plot);
    const double middle = left + (width - left - right) / 2;
    std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + number(width) + " " +
                      number(height) + "\" font-family=\"sans-serif\" fill=\"#222\">\n" +
                      "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n";
    out += text_at(middle, 26, "middle", plot.title, 16);
    out += grid(plot, axes);
    for (std::size_t i = 0; i < plot.series.size(); ++i)
        out += curve(plot.series[i], axes, i, plot.is_scatter);
    out += text_at(middle, height - 14, "middle", plot.x_label, 13);
    out += "<g transform=\"translate(18 " + number(top + (height - top - bottom) / 2) + ") rotate(-90)\">" +
           text_at(0, 0, "middle", plot.y_label, 13) + "</g>\n";
    return out + "</svg>\n";
}

base::Result<void, std::string> write_plot(const Plot& plot, const std::string& path) {
    const std::string svg = svg_of(plot);
    std::FILE* file = std::fopen(path.c_str(), "wb");
    if (file == nullptr) return base::Unexpected{"cannot create " + path};
    const bool is_written = std::fwrite(svg.data(), 1, svg.size(), file) == svg.size();
    if (std::fclose(file) != 0 || !is_written) return base::Unexpected{"cannot write " + path};
    return {};
}

}  // namespace sauda::bench
