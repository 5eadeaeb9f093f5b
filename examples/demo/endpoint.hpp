// SPDX-License-Identifier: MIT
#ifndef TLSMODE_EXAMPLES_DEMO_ENDPOINT_HPP
#define TLSMODE_EXAMPLES_DEMO_ENDPOINT_HPP

// One end of a conversation in which both sides send a file at once, without ever waiting.

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <poll.h>

#include <tlsmode/tlsmode.hpp>

#include "counting_socket.hpp"
#include "file.hpp"

namespace demo {

/// How often the write rule was met.
struct WriteCounts {
  std::size_t writes = 0;
  std::size_t blocked = 0;
  std::size_t retries = 0;

  [[nodiscard]] friend WriteCounts operator+(const WriteCounts& a, const WriteCounts& b) noexcept {
    return {a.writes + b.writes, a.blocked + b.blocked, a.retries + b.retries};
  }
};

template <tlsmode::PolicyType Policy>
class Endpoint {
 public:
  using Connection = tlsmode::Connection<Policy, CountingSocket>;

  Endpoint(Connection connection, std::span<const std::byte> file)
      : connection_{std::move(connection)}, unsent_{file} {}

  /// Reads and writes until both would have to wait.
  void go_on() {
    receive();
    send();
  }

  /// What to wait for, as poll(2) wants it.
  [[nodiscard]] ::pollfd poll_entry() noexcept {
    const int events = (input_ended_ ? 0 : POLLIN) | (connection_.wants_write() ? POLLOUT : 0);
    return {connection_.transport().descriptor(), static_cast<short>(events), 0};
  }

  [[nodiscard]] bool all_sent() const noexcept { return unsent_.empty() && !connection_.wants_write(); }
  [[nodiscard]] std::size_t received() const noexcept { return received_; }

  /// Sends close_notify, once everything has been sent. Finished when the peer has said the same.
  void say_goodbye() {
    if (all_sent() && !said_goodbye_) {
      said_goodbye_ = settle(connection_.shutdown());
    }
  }
  [[nodiscard]] bool finished() const noexcept { return said_goodbye_ && input_ended_; }

  [[nodiscard]] Sha256::Digest digest_of_received() { return sha256_.finish(); }
  [[nodiscard]] const WriteCounts& write_counts() const noexcept { return counts_; }
  [[nodiscard]] Connection& connection() noexcept { return connection_; }

 private:
  void receive() {
    std::array<std::byte, 16384> buffer;
    while (!input_ended_) {
      const auto [status, bytes] = connection_.read(buffer);
      input_ended_ = status == tlsmode::IoStatus::closed;  // and not `truncated`: the peer said goodbye
      if (!input_ended_ && !settle(status)) {
        return;
      }
      sha256_.add(std::span{buffer}.first(bytes));
      received_ += bytes;
    }
  }

  void send() {
    while (!unsent_.empty()) {
      const bool is_retry = connection_.pending_write().length != 0;
      const auto [status, bytes] = write_by_the_rule(is_retry);
      ++(is_retry ? counts_.retries : counts_.writes);
      if (!settle(status)) {
        counts_.blocked += is_retry ? 0 : 1;
        return;
      }
      piece_ = piece_.subspan(bytes);
      unsent_ = unsent_.subspan(bytes);
    }
    settle(connection_.flush());
  }

  /// The five rules, as a program meets them.
  [[nodiscard]] tlsmode::WriteResult write_by_the_rule(bool is_retry) {
    if (piece_.empty()) {
      piece_ = unsent_.first(std::min(unsent_.size(), piece_sizes[next_size_++ % piece_sizes.size()]));
    }
    if constexpr (tlsmode::BuffersWrites<Policy>) {  // a temporary will do: what was accepted is the library's
      return connection_.write(std::vector(piece_.begin(), piece_.end()));
    } else if constexpr (tlsmode::AllowsMovedBuffer<Policy>) {  // the same bytes, and never from where they were
      std::vector moved(piece_.begin(), piece_.end());
      copy_.swap(moved);
      std::ranges::fill(moved, std::byte{0xDD});
      check(copy_.data() != connection_.pending_write().address, "the retry has not moved");
      return is_retry ? connection_.retry(copy_) : connection_.write(copy_);
    } else {  // a view of the file, which stays where it is: there is nothing to say at a retry
      return is_retry ? connection_.retry() : connection_.write(piece_);
    }
  }

  /// Returns: whether the operation is done; false if it has to wait. Errors: throws std::runtime_error for the rest.
  bool settle(tlsmode::IoStatus status) {
    switch (status) {
      case tlsmode::IoStatus::done: return true;
      case tlsmode::IoStatus::want_read:
      case tlsmode::IoStatus::want_write: return false;
      default: throw std::runtime_error{std::string{name(status)} + ": " + connection_.error().what()};
    }
  }

  static void check(bool holds, const char* otherwise) {
    if (!holds) {
      throw std::runtime_error{otherwise};
    }
  }

  static constexpr std::array<std::size_t, 2> piece_sizes{200, 40000};  // a head and a body, as servers write them

  Connection connection_;
  std::span<const std::byte> unsent_;
  std::span<const std::byte> piece_;  // what is being written: the beginning of unsent_
  std::size_t next_size_ = 0;
  std::vector<std::byte> copy_;  // under moving rules: where piece_ is today
  WriteCounts counts_;
  Sha256 sha256_;
  std::size_t received_ = 0;
  bool said_goodbye_ = false;
  bool input_ended_ = false;
};

/// Lets both ends go on until `done()` says so, and waits while neither can.
template <typename A, typename B, typename Done>
void converse(Endpoint<A>& a, Endpoint<B>& b, Done done) {
  while (true) {
    a.go_on();
    b.go_on();
    if (done()) {
      return;
    }
    std::array<::pollfd, 2> entries{a.poll_entry(), b.poll_entry()};
    if (::poll(entries.data(), entries.size(), 10'000) == 0) {
      throw std::runtime_error{"nothing has moved for 10 seconds"};
    }
  }
}

}  // namespace demo

#endif
