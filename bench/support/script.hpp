// SPDX-License-Identifier: MIT
// What one end of one connection does, told step by step, so that blocking loops, callbacks and coroutines play the same part.
#ifndef TLSMODE_BENCH_SUPPORT_SCRIPT_HPP
#define TLSMODE_BENCH_SUPPORT_SCRIPT_HPP

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "fail.hpp"
#include "pattern.hpp"

namespace bench {

struct Step {
  enum class Kind { write, flush, read, end };
  Kind kind;                         // the same until wrote(), flushed() or received() says it is done
  std::span<const std::byte> bytes;  // of a write: what is left of it
};

/// `rounds` times: send `send` bytes in writes of `write`, and receive `receive` bytes, in the order that `sends_first` says.
struct Plan {
  bool sends_first = true;
  std::uint64_t rounds = 1;
  std::uint64_t send = 0;
  std::uint64_t write = 16384;
  std::uint64_t receive = 0;
  unsigned delay = 0;  // microseconds before each round's sending
};

class Script {
 public:
  explicit Script(const Plan& plan, std::vector<std::int64_t>* round_times = nullptr)
      : plan_(plan), rounds_left_(plan.rounds), round_times_(round_times) {
    begin_round();
  }

  Step next() {
    for (;;) {
      if (rounds_left_ == 0) return {Step::Kind::end, {}};
      if (sending_) {
        if (chunk_left_ == 0) begin_chunk();
        if (chunk_left_ != 0) return {Step::Kind::write, Pattern::shared().view(sent_, chunk_left_)};
        if (plan_.send != 0) return {Step::Kind::flush, {}};
        flushed();
      } else {
        if (to_receive_ != 0) return {Step::Kind::read, {}};
        sending_ = true;
        end_half();
      }
    }
  }

  void wrote(std::size_t count) {
    require(count <= chunk_left_, "more bytes written than were given");
    chunk_left_ -= count, sent_ += count;
  }

  void flushed() {
    sending_ = false;
    end_half();
  }

  void received(std::span<const std::byte> bytes) {
    require(bytes.size() <= to_receive_, "more bytes received than were sent");
    require(Pattern::shared().matches(received_, bytes), "received bytes are not the ones sent");
    to_receive_ -= bytes.size(), received_ += bytes.size();
  }

  /// True for the first caller after the end, false for those an extra event brings.
  [[nodiscard]] bool end_once() noexcept { return !std::exchange(end_told_, true); }

  /// How large a read buffer is worth having.
  [[nodiscard]] std::size_t read_size() const noexcept {
    return static_cast<std::size_t>(std::clamp<std::uint64_t>(plan_.receive, 1, 64 << 10));
  }

 private:
  using Clock = std::chrono::steady_clock;

  void begin_round() {
    sending_ = plan_.sends_first;
    halves_left_ = 2;
    to_send_ = plan_.send;
    to_receive_ = plan_.receive;
    if (round_times_ != nullptr) began_ = Clock::now();
  }

  void begin_chunk() {
    if (plan_.delay != 0 && to_send_ == plan_.send) ::usleep(plan_.delay);
    chunk_left_ = static_cast<std::size_t>(std::min(plan_.write, to_send_));
    to_send_ -= chunk_left_;
  }

  void end_half() {
    if (--halves_left_ != 0) return;
    if (round_times_ != nullptr) round_times_->push_back((Clock::now() - began_) / std::chrono::nanoseconds(1));
    if (--rounds_left_ != 0) begin_round();
  }

  Plan plan_;
  std::uint64_t rounds_left_;
  std::vector<std::int64_t>* round_times_;
  Clock::time_point began_{};
  bool sending_ = true;
  bool end_told_ = false;
  int halves_left_ = 2;
  std::uint64_t to_send_ = 0;
  std::size_t chunk_left_ = 0;
  std::uint64_t to_receive_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
};

}  // namespace bench

#endif
