// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_PROOF_CALLER_HPP
#define TLSMODE_TESTS_PROOF_CALLER_HPP

// A caller who does everything right, and what he may expect of a connection.

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "proof/world.hpp"

namespace tlsmode_tests {

template <typename WorldOf>
class Caller {
 protected:
  using Connection = typename WorldOf::Connection;
  using IoStatus = tlsmode::IoStatus;
  using WriteResult = tlsmode::WriteResult;

  Caller(WorldOf& world, const std::vector<std::size_t>& messages) : world_{world}, messages_{messages} {}

  [[nodiscard]] bool is_pending() const { return world_.pending().length != 0; }
  [[nodiscard]] static bool waits(IoStatus status) {
    return status == IoStatus::want_read || status == IoStatus::want_write;
  }

  void begin(std::span<char> bytes) {
    rest_ = bytes;
    write_rest();
  }

  /// Carries on in the right way. Returns: false if there is nothing left to do.
  bool carry_on() {
    if (is_pending()) {
      const std::string_view bytes = rest();
      settle_write(world_.call_with(bytes, [&](Connection& c) { return right_retry(c, bytes); }), bytes);
    } else if (!rest_.empty()) {
      write_rest();
    } else if (next_message_ != messages_.size() && !closing_) {
      begin(world_.message(messages_[next_message_++]));
    } else {
      return false;
    }
    return true;
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

  void read() {
    const IoStatus status = world_.hear();
    require(waits(status) || status == IoStatus::closed || status == IoStatus::truncated || may_fail(),
            "reading goes on");
    if (status == IoStatus::closed || status == IoStatus::truncated) {
      require(world_.hear() == status, "the end of the input is said again at each call");
    }
    gathered_is_known_ = gathered_is_known_ && status != IoStatus::want_write;
    is_over_ = is_over_ || status == IoStatus::truncated || status == IoStatus::failed;
  }

  void flush() {
    const IoStatus status = world_.call([](Connection& c) { return c.flush(); });
    require(status == IoStatus::done || waits(status) || may_fail(), "flush succeeds");
    is_over_ = is_over_ || status == IoStatus::failed;
    gathered_is_known_ = status == IoStatus::done;
    if (status != IoStatus::done || renegotiating_) return;
    gathered_ = 0;
    world_.listen();
    const std::size_t promised = world_.expected.size() + world_.pending().committed;
    require(world_.received.size() == promised || may_fail(), "after a flush everything has left");
  }

  void shut_down() {
    const bool was_pending = is_pending();
    closing_ = world_.is_closing = true;
    gathered_is_known_ = false;
    const IoStatus status = world_.call([](Connection& c) { return c.shutdown(); });
    require(
        waits(status) || status == IoStatus::done || (status == IoStatus::write_pending && was_pending) || may_fail(),
        "shutdown does, waits, or says that it cannot");
    if (status == IoStatus::failed) return fail(rest());
    if (was_pending && !is_pending()) {
      world_.accept(rest());  // it has finished the pending write by itself
      rest_ = {};
    }
    if (status != IoStatus::done) return;
    world_.listen();
    require(world_.peer.was_closed || renegotiating_, "the peer is told goodbye");
  }

  /// Whether the transport or the peer has made it impossible to go on.
  [[nodiscard]] bool may_fail() const { return world_.broken() || world_.peer.failed || may_lose_an_alert_; }

  [[nodiscard]] std::string_view rest() const { return {rest_.data(), rest_.size()}; }

  WorldOf& world_;
  const std::vector<std::size_t>& messages_;
  std::size_t next_message_ = 0;
  std::span<char> rest_;  // of the message that is being written
  bool is_over_ = false;  // the connection has failed
  bool closing_ = false;
  bool renegotiating_ = false;
  bool may_lose_an_alert_ = false;

  void write_rest() {
    const std::string_view bytes = rest();
    const std::size_t sends = world_.outgoing.sends;
    const std::size_t gathered = gathered_ + bytes.size();
    const bool is_gathered = WorldOf::buffered && gathered_is_known_ && gathered < WorldOf::Policy::record_size;
    settle_write(world_.call_with(bytes, [&](Connection& c) { return c.write(bytes); }), bytes);
    gathered_ = is_gathered ? gathered : 0;
    gathered_is_known_ = is_gathered;
    require(!is_gathered || world_.outgoing.sends == sends, "small writes are gathered");
  }
  /// `result` is what a write or retry of `bytes`, the rest of the message, has answered.
  void settle_write(WriteResult result, std::string_view bytes) {
    if (result.status == IoStatus::done) {
      require(result.bytes != 0 && result.bytes <= bytes.size(), "done comes with bytes");
      require(!is_pending(), "a write that is done is not pending");
      world_.accept(bytes.substr(0, result.bytes));
      rest_ = result.bytes < rest_.size() ? rest_.subspan(result.bytes) : std::span<char>{};
      if (!WorldOf::partial && !WorldOf::buffered) {
        require(result.bytes == bytes.size(), "a whole rule reports all");
        require(!world_.connection->wants_write(), "a whole rule reports what has left");
        world_.listen();
        require(renegotiating_ || may_fail() || world_.received == world_.expected, "what is reported has left");
      } else if (WorldOf::partial && result.bytes == bytes.size()) {
        require(!world_.connection->wants_write(), "a partial rule that reports all reports what has left");
      }
      return;
    }
    require(result.bytes == 0, "bytes come with done only");
    if (waits(result.status)) {
      if (!WorldOf::buffered) {
        world_.pending_bytes = bytes;
        require(world_.pending().length == bytes.size(), "a write that blocks is pending, all of it");
        require(world_.pending().committed <= bytes.size(), "no more is committed than was written");
      }
      return;
    }
    const bool is_end = result.status == IoStatus::truncated && world_.incoming.end == IoStatus::closed;
    require(result.status == IoStatus::failed || is_end, "the right write or retry is not refused");
    require(may_fail() || closing_, "a write fails only if the transport did, or after shutdown");
    require(world_.connection->error().kind() != tlsmode::ErrorKind::none, "a failure has an error");
    if (may_fail()) return fail(bytes);
    rest_ = {};
  }

  void fail(std::string_view bytes) {
    if (world_.failed_bytes.empty()) world_.failed_bytes = bytes;
    rest_ = {};
    is_over_ = true;
  }

  bool gathered_is_known_ = true;

 private:
  std::size_t gathered_ = 0;  // bytes under BufferedWrites, if that is known
};

}  // namespace tlsmode_tests

#endif
