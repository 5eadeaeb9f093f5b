// SPDX-License-Identifier: MIT
#ifndef TLSMODE_EXAMPLES_DEMO_REPORT_HPP
#define TLSMODE_EXAMPLES_DEMO_REPORT_HPP

// What the demo prints while it runs.

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>

#include <unistd.h>

namespace demo {

/// 1234567 as "1,234,567".
[[nodiscard]] inline std::string grouped(std::size_t number) {
  std::string text = std::to_string(number);
  for (std::size_t end = text.size(); end > 3; end -= 3) {
    text.insert(end - 3, ",");
  }
  return text;
}

/// Says on stderr how far it has come: in one line on a terminal, else in a few.
class Progress {
 public:
  Progress(const char* what, std::size_t total) : what_{what}, total_{total} {
    if (!is_terminal_) {
      std::fprintf(stderr, "%s …\n", what_);
    }
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() {
    if (is_terminal_) {
      std::fprintf(stderr, "\r\033[K");
    }
  }

  void show(std::size_t so_far) {
    const auto now = std::chrono::steady_clock::now();
    if (now - shown_at_ < (is_terminal_ ? std::chrono::milliseconds{100} : std::chrono::milliseconds{2000})) {
      return;
    }
    shown_at_ = now;
    const double share = total_ == 0 ? 1.0 : static_cast<double>(so_far) / static_cast<double>(total_);
    if (is_terminal_) {
      std::fprintf(stderr, "\r\033[K%-20s %3.0f %%  %s of %s", what_, 100 * share, grouped(so_far).c_str(),
                   grouped(total_).c_str());
    } else {
      std::fprintf(stderr, "%s: %.0f %%\n", what_, 100 * share);
    }
  }

 private:
  const char* what_;
  std::size_t total_;
  bool is_terminal_ = ::isatty(STDERR_FILENO) == 1;
  std::chrono::steady_clock::time_point shown_at_ = std::chrono::steady_clock::now();
};

}  // namespace demo

#endif
