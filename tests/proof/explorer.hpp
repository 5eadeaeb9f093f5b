// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_PROOF_EXPLORER_HPP
#define TLSMODE_TESTS_PROOF_EXPLORER_HPP

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace tlsmode_tests {

/// Enumerates every sequence of choices that a deterministic run makes, up to a depth; beyond it the first option is
/// taken. Each path is a schedule of its own: no two are the same.
class Explorer {
 public:
  explicit Explorer(std::size_t depth) : depth_{depth} {}

  /// The option to take now, below `options`. By convention 0 is what goes well.
  [[nodiscard]] unsigned choose(unsigned options) {
    if (options < 2) return 0;
    if (at_ == path_.size()) {
      if (at_ == depth_) return 0;
      path_.push_back({0, options});
      ++states_;
    } else if (path_[at_].of != options) {
      std::fprintf(stderr, "the run is not deterministic: choice %zu of %s has now %u options\n", at_, path().c_str(),
                   options);
      std::abort();  // not thrown: transports are noexcept
    }
    return path_[at_++].taken;
  }

  /// Goes on to the next path, to be called after each run. Returns: false when all have been taken.
  [[nodiscard]] bool next() {
    at_ = 0;
    while (!path_.empty() && path_.back().taken + 1 == path_.back().of) path_.pop_back();
    if (path_.empty()) return false;
    ++path_.back().taken;
    ++states_;
    return true;
  }

  /// How many different situations there were: choices made after the same choices count once.
  [[nodiscard]] unsigned long long states() const noexcept { return states_; }

  /// The choices so far, for the report of a failure.
  [[nodiscard]] std::string path() const {
    std::string text;
    for (const Choice& choice : path_) {
      text += (text.empty() ? "" : " ") + std::to_string(choice.taken) + "/" + std::to_string(choice.of);
    }
    return text;
  }

 private:
  struct Choice {
    unsigned taken;
    unsigned of;
  };
  std::vector<Choice> path_;
  std::size_t at_ = 0;
  std::size_t depth_;
  unsigned long long states_ = 1;
};

}  // namespace tlsmode_tests

#endif
