// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_SUPPORT_WIRE_HPP
#define TLSMODE_TESTS_SUPPORT_WIRE_HPP

// A fault-injecting transport: two of them share a Wire, and everything happens in one thread, when it is told to.

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <tlsmode/transport.hpp>

#include "support/unlimited.hpp"

namespace tlsmode_tests {

/// One direction of a wire.
struct Lane {
  std::vector<std::byte> bytes;           // on their way, oldest first
  std::size_t budget = unlimited;         // how many more bytes send() takes before it would block
  std::size_t most_sent = unlimited;      // per send()
  std::size_t most_received = unlimited;  // per receive()
  bool ended = false;                     // receive() answers closed once the bytes are gone
  bool end_told = false;                  // it has: nothing comes after that, whatever is put in
  int send_error = 0;                     // send() fails with it
  int receive_error = 0;                  // receive() fails with it, once the bytes are gone
  std::size_t sent = 0;                   // bytes ever
  std::size_t send_calls = 0;
  std::size_t receive_calls = 0;
  std::function<void()> refill = nullptr;  // called by a receive() that finds no bytes: a peer that never stops
};

/// Both directions. The wire outlives the connections that use it.
struct Wire {
  Lane to_server;
  Lane to_client;
};

/// One end of a Wire; models tlsmode::TransportType.
class WireEnd {
 public:
  WireEnd(Lane& out, Lane& in) noexcept : out_{&out}, in_{&in} {}
  [[nodiscard]] static WireEnd client(Wire& wire) noexcept { return {wire.to_server, wire.to_client}; }
  [[nodiscard]] static WireEnd server(Wire& wire) noexcept { return {wire.to_client, wire.to_server}; }

  [[nodiscard]] tlsmode::ReadResult receive(std::span<std::byte> to) noexcept {
    ++in_->receive_calls;
    if (in_->end_told) {
      return {tlsmode::IoStatus::closed, 0};
    }
    if (in_->bytes.empty() && in_->refill) {
      in_->refill();
    }
    if (in_->bytes.empty()) {
      if (in_->receive_error != 0) {
        errno = in_->receive_error;
        return {tlsmode::IoStatus::failed, 0};
      }
      in_->end_told = in_->ended;
      return {in_->ended ? tlsmode::IoStatus::closed : tlsmode::IoStatus::want_read, 0};
    }
    const std::size_t size = std::min({to.size(), in_->bytes.size(), in_->most_received});
    std::memcpy(to.data(), in_->bytes.data(), size);
    in_->bytes.erase(in_->bytes.begin(), in_->bytes.begin() + static_cast<std::ptrdiff_t>(size));
    return {tlsmode::IoStatus::done, size};
  }

  [[nodiscard]] tlsmode::WriteResult send(std::span<const std::byte> from) noexcept {
    ++out_->send_calls;
    if (out_->send_error != 0) {
      errno = out_->send_error;
      return {tlsmode::IoStatus::failed, 0};
    }
    const std::size_t size = std::min({from.size(), out_->budget, out_->most_sent});
    if (size == 0) {
      return {tlsmode::IoStatus::want_write, 0};
    }
    out_->bytes.insert(out_->bytes.end(), from.begin(), from.begin() + static_cast<std::ptrdiff_t>(size));
    out_->budget -= out_->budget == unlimited ? 0 : size;
    out_->sent += size;
    return {tlsmode::IoStatus::done, size};
  }

  [[nodiscard]] Lane& out() noexcept { return *out_; }

 private:
  Lane* out_;
  Lane* in_;
};

}  // namespace tlsmode_tests

#endif
