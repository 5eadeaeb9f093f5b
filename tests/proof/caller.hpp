// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_PROOF_CALLER_HPP
#define TLSMODE_TESTS_PROOF_CALLER_HPP

// Callers of a connection: one that does everything right, and one that does everything else, as an Explorer tells them.

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "proof/world.hpp"

namespace tlsmode_tests {

/// What the caller may do besides carrying on.
struct Habits {
  bool misuses = false;  // writes while pending, wrong retries, cancelling, moving, new keys, reading
  bool ends = false;     // shuts down in the middle; the transport may fail
  bool renegotiates = false;
};

template <typename WorldOf>
class Caller {
  using Connection = typename WorldOf::Connection;
  using IoStatus = tlsmode::IoStatus;
  using WriteResult = tlsmode::WriteResult;

 public:
  Caller(WorldOf& world, Explorer& explorer, const Habits& habits, bool is_tls13)
      : world_{world}, explorer_{explorer}, habits_{habits}, is_tls13_{is_tls13} {}

  /// Writes messages of `size` bytes, one schedule long; then everything settles, and the model has to be met.
  void run(std::size_t size) {
    world_.outgoing.script = &explorer_;
    world_.outgoing.may_fail = habits_.ends;
    begin(world_.message(size));
    for (int step = 0; step != 40 && !is_over_; ++step) {
      if (!act(size)) break;
      world_.listen();
    }
    settle();
  }

 private:
  [[nodiscard]] bool is_pending() const { return world_.connection->pending_write().length != 0; }
  [[nodiscard]] static bool waits(IoStatus status) {
    return status == IoStatus::want_read || status == IoStatus::want_write;
  }

  void begin(std::span<char> bytes) {
    rest_ = bytes;
    if (!rest_.empty()) write_rest();
  }

  void write_rest() {
    const std::string_view bytes{rest_.data(), rest_.size()};
    settle_write(world_.call([&](Connection& c) { return c.write(bytes); }), bytes);
  }

  /// `result` is what a write or retry of `bytes`, the rest of the message, has answered.
  void settle_write(WriteResult result, std::string_view bytes) {
    if (result.status == IoStatus::done) {
      require(result.bytes != 0 && result.bytes <= bytes.size(), "done comes with bytes");
      if (!WorldOf::partial && !WorldOf::buffered) {
        require(result.bytes == bytes.size(), "a whole rule reports all");
        require(!world_.connection->wants_write(), "a whole rule reports what has left");
      }
      require(!is_pending(), "a write that is done is not pending");
      world_.accept(bytes.substr(0, result.bytes));
      rest_ = result.bytes < rest_.size() ? rest_.subspan(result.bytes) : std::span<char>{};
      return;
    }
    require(result.bytes == 0, "bytes come with done only");
    if (waits(result.status)) {
      if (!WorldOf::buffered) {
        world_.pending_bytes = bytes;
        require(world_.connection->pending_write().length == bytes.size(), "a write that blocks is pending, all of it");
      }
      return;
    }
    require(world_.outgoing.failed || closing_, "a write fails only if the transport did, or after shutdown");
    is_over_ = true;
  }

  void retry() {
    const std::string_view bytes{rest_.data(), rest_.size()};
    settle_write(world_.call([&](Connection& c) { return right_retry(c, bytes); }), bytes);
  }
  static WriteResult right_retry(Connection& connection, std::string_view bytes) {
    if constexpr (requires { connection.retry(bytes); }) {
      return connection.retry(bytes);
    } else if constexpr (requires { connection.retry(); }) {
      return connection.retry();
    } else {
      return connection.write(bytes);
    }
  }

  /// Carries on in the right way. Returns: false if there is nothing left to do.
  bool carry_on() {
    if (is_pending()) {
      retry();
    } else if (!rest_.empty()) {
      write_rest();
    } else {
      return false;
    }
    return true;
  }

  bool act(std::size_t size) {
    if (!habits_.misuses) return habits_.ends && explorer_.choose(2) == 1 ? say_goodbye() : carry_on();
    const unsigned option = explorer_.choose(12 + (habits_.ends ? 1U : 0U) + (habits_.renegotiates ? 1U : 0U));
    if (habits_.renegotiates && option == 12) return world_.ask_for_renegotiation(), true;
    switch (option) {
      case 0: return carry_on();
      case 1: return refused_write("other bytes"), true;
      case 2: return refused_write(""), true;
      case 3: return wrong_retry(Wrong::fewer), true;
      case 4: return wrong_retry(Wrong::other), true;
      case 5: return longer_retry(size), true;
      case 6: return cancel_and_write(size), true;
      case 7: return read(), true;
      case 8: return world_.say("news"), read(), true;
      case 9: return ask_keys(), read(), true;
      case 10: return update_keys(), true;
      case 11: return move(), true;
      default: return say_goodbye();
    }
  }

  void refused_write(std::string_view bytes) {
    if (!is_pending()) {
      if (bytes.empty()) {
        const WriteResult result = world_.call([&](Connection& c) { return c.write(bytes); });
        require(result == WriteResult{IoStatus::done, 0} || world_.outgoing.failed || closing_,
                "an empty write is done");
      }
      return;
    }
    const std::size_t sends = world_.outgoing.calls;
    const WriteResult result = world_.call([&](Connection& c) { return c.write(bytes); });
    require(result == WriteResult{IoStatus::write_pending, 0}, "a write while one is pending is refused");
    require(world_.outgoing.calls == sends, "a refusal happens before the transport is touched");
  }

  enum class Wrong { fewer, other };
  void wrong_retry(Wrong how) {
    const tlsmode::PendingWrite pending = world_.connection->pending_write();
    const std::size_t sends = world_.outgoing.calls;
    WriteResult result{IoStatus::write_pending, 0};
    if constexpr (WorldOf::buffered) {
      return;
    } else if (pending.length == 0) {
      result = world_.call([&](Connection& c) { return right_retry(c, "x"); });
      require(result == WriteResult{IoStatus::failed, 0}, "a retry with nothing pending fails");
      return;
    } else if constexpr (WorldOf::moving) {
      if (how == Wrong::fewer) {
        const std::string_view fewer{rest_.data(), rest_.size() - 1};
        result = world_.call([&](Connection& c) { return c.retry(fewer); });
      } else if (pending.committed != 0) {
        std::string other{rest_.data(), rest_.size()};
        other[pending.committed - 1] ^= 1;
        result = world_.call([&](Connection& c) { return c.retry(other); });
      }
    } else if (pending.committed != 0) {
      char& edited = rest_[how == Wrong::fewer ? 0 : pending.committed - 1];
      edited ^= 1;
      result = world_.call([](Connection& c) { return c.retry(); });
      edited ^= 1;
    }
    require(result == WriteResult{IoStatus::write_pending, 0}, "a wrong retry is refused");
    require(world_.outgoing.calls == sends, "a refusal happens before the transport is touched");
    require(world_.connection->pending_write().length == pending.length, "a refusal changes nothing");
  }

  /// From elsewhere, and with more behind it, where the rule has that; else the same bytes again.
  void longer_retry(std::size_t size) {
    if constexpr (WorldOf::moving) {
      if (!is_pending()) return;
      const std::span<char> longer = world_.message(rest_.size() + std::min<std::size_t>(size, 600));
      std::copy(rest_.begin(), rest_.end(), longer.begin());
      rest_ = longer;
      retry();
    } else {
      static_cast<void>(world_.call([](Connection& c) { return c.flush(); }));
    }
  }

  void cancel_and_write(std::size_t size) {
    const tlsmode::PendingWrite pending = world_.connection->pending_write();
    const std::size_t committed = world_.call([](Connection& c) { return c.cancel_write(); });
    require(committed == pending.committed, "what is cancelled is what was committed");
    require(!is_pending(), "a write that is cancelled is not pending");
    if (pending.length != 0) {
      world_.accept(world_.pending_bytes.substr(0, committed));
      rest_ = {};
    }
    if (rest_.empty() && messages_++ < 3) begin(world_.message(size));
  }

  void read() {
    const IoStatus status = world_.hear();
    require(waits(status) || world_.outgoing.failed, "reading goes on");
    is_over_ = is_over_ || !waits(status);
  }

  void ask_keys() {
    if (is_tls13_) world_.ask_for_new_keys();
  }

  void update_keys() {
    const bool was_pending = is_pending();
    const IoStatus status = world_.call([](Connection& c) { return c.update_keys(true); });
    if (world_.outgoing.failed || closing_) return;
    if (was_pending) {
      require(status == IoStatus::write_pending, "keys are not updated while a write is pending");
    } else if (is_tls13_) {
      require(status == IoStatus::done || waits(status), "keys are updated");
    } else {
      require(waits(status) || status == IoStatus::failed, "TLS 1.2 updates no keys");
    }
  }

  void move() {
    Connection moved = std::move(*world_.connection);
    require(world_.connection->pending_write().length == 0, "what was moved from is inert");
    *world_.connection = std::move(moved);
  }

  bool say_goodbye() {
    closing_ = true;
    const IoStatus status = world_.call([](Connection& c) { return c.shutdown(); });
    require(waits(status) || status == IoStatus::done || status == IoStatus::write_pending || world_.outgoing.failed,
            "shutdown does, waits, or says that it cannot");
    if (!is_pending() && !world_.pending_bytes.empty() && !rest_.empty()) finish_by_shutdown();
    return true;
  }
  /// Shutdown has finished the pending write by itself.
  void finish_by_shutdown() {
    if (!WorldOf::buffered && !world_.outgoing.failed) world_.accept({rest_.data(), rest_.size()});
    rest_ = {};
  }

  void settle() {
    world_.outgoing.script = nullptr;
    for (int round = 0; round != 100 && (is_pending() || !rest_.empty()) && !is_over_; ++round) {
      if (closing_ && !is_pending()) break;
      carry_on();
      world_.listen();
      if (!world_.outgoing.failed && !is_over_) read();
    }
    if (!world_.outgoing.failed && !is_over_) {
      for (int round = 0; round != 3; ++round) {
        const IoStatus status = world_.call([](Connection& c) { return c.flush(); });
        require(status == IoStatus::done || waits(status), "flush succeeds");
        world_.listen();
        read();
      }
      if (!closing_ && ::SSL_get_key_update_type(world_.connection->native_handle()) != SSL_KEY_UPDATE_NONE) {
        // OpenSSL answers the peer's new keys with the next write. The next schedule shall not begin with that.
        const IoStatus status = world_.call([](Connection& c) { return c.update_keys(); });
        require(status == IoStatus::done, "keys are updated");
        world_.listen();
      }
      if (closing_) {
        const IoStatus status = world_.call([](Connection& c) { return c.shutdown(); });
        require(status == IoStatus::done, "shutdown succeeds in the end");
        world_.listen();
        require(world_.peer_closed, "the peer is told goodbye");
      }
      require(!is_pending() && (rest_.empty() || closing_), "every write ends");
      require(!world_.connection->wants_write(), "nothing is left to send");
      require(!world_.peer_failed, "the peer is well");
      require(world_.received == world_.expected, "the peer has read everything that was accepted");
      require(world_.heard == world_.said, "the connection has read everything that was said");
    }
    world_.pending_bytes = {};
    world_.forget();
    ++world_.totals.schedules;
  }

  WorldOf& world_;
  Explorer& explorer_;
  Habits habits_;
  bool is_tls13_;
  std::span<char> rest_;  // of the message that is being written
  int messages_ = 1;
  bool is_over_ = false;  // the transport has failed
  bool closing_ = false;
};

}  // namespace tlsmode_tests

#endif
