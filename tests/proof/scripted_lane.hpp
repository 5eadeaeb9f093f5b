// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_PROOF_SCRIPTED_LANE_HPP
#define TLSMODE_TESTS_PROOF_SCRIPTED_LANE_HPP

// One direction of a wire, of which an Explorer decides how much each send takes, each receive gives, and how it ends.

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <span>
#include <string>

#include <tlsmode/transport.hpp>

#include "proof/explorer.hpp"

namespace tlsmode_tests {

struct ScriptedLane {
  std::string bytes;                   // on their way
  std::size_t taken = 0;               // how many of them the reader has
  Explorer* send_script = nullptr;     // decides about each send; none: all is taken
  Explorer* receive_script = nullptr;  // decides about each receive; none: all that has come is given
  bool send_may_fail = false;          // the script may also let a send fail, or answer closed
  bool send_may_want_read = false;     // as a tunnel does that has a handshake of its own
  bool receive_may_end = false;        // the script may also end the stream for its reader, or let receive fail

  bool send_failed = false;
  tlsmode::IoStatus end = tlsmode::IoStatus::done;  // closed or failed: what its reader is answered from now on

  std::size_t sends = 0;  // calls, ever
  std::size_t receives = 0;
  std::size_t sent = 0;  // bytes, ever
  std::size_t received = 0;
  std::size_t sends_after_failure = 0;
  std::size_t sends_in_vain = 0;  // to a socket that was full, and had shown before that it does not wait
  bool full = false;              // the last send took less than it was offered
  bool has_blocked = false;       // a send has been answered want_write, ever
  bool dry = false;               // the last receive had nothing to give
  bool send_wants_input = false;  // the last send waits for input

  [[nodiscard]] bool empty() const noexcept { return taken == bytes.size(); }

  /// Begins anew where nothing is on its way, and the next byte begins a record.
  void align() {
    bytes.clear();
    taken = next_record_ = 0;
  }

  /// `split`: where the second of two spans begins.
  [[nodiscard]] tlsmode::WriteResult send(std::span<const std::byte> from, std::size_t split = 0) {
    ++sends;
    sends_after_failure += send_failed ? 1 : 0;
    const tlsmode::WriteResult result = decide_send(from, split);
    has_blocked = has_blocked || result.status == tlsmode::IoStatus::want_write;
    send_failed =
        send_failed || result.status == tlsmode::IoStatus::failed || result.status == tlsmode::IoStatus::closed;
    send_wants_input = result.status == tlsmode::IoStatus::want_read;
    full = result.bytes < from.size() && !send_wants_input;
    put(from.first(result.bytes));
    if (result.status == tlsmode::IoStatus::failed) errno = ECONNRESET;
    return result;
  }

  /// As a socket: after a short send it is full, for as long as the call of the connection lasts.
  [[nodiscard]] tlsmode::WriteResult send_as_socket(std::span<const std::byte> from, std::size_t split = 0) {
    if (!full || send_failed) return send(from, split);
    ++sends;
    sends_in_vain += has_blocked ? 1 : 0;
    has_blocked = true;
    return {tlsmode::IoStatus::want_write, 0};
  }

  [[nodiscard]] tlsmode::ReadResult receive(std::span<std::byte> to) {
    ++receives;
    const tlsmode::ReadResult result = decide_receive(std::min(to.size(), bytes.size() - taken));
    dry = result.status == tlsmode::IoStatus::want_read;
    if (result.bytes != 0) std::memcpy(to.data(), bytes.data() + taken, result.bytes);
    taken += result.bytes;
    received += result.bytes;
    if (result.status == tlsmode::IoStatus::closed || result.status == tlsmode::IoStatus::failed) {
      end = result.status;
      errno = end == tlsmode::IoStatus::failed ? ECONNRESET : 0;
    }
    return result;
  }

 private:
  /// The sizes a script may choose of `all` bytes, `boundary` of which belong to the record that is under way: all,
  /// none, one, a part of a record's header, half a record, a record's boundary and one byte on either side of it, a part
  /// of the next header; and of two spans the first, and one byte more.
  struct Sizes {
    Sizes(std::size_t all, std::size_t boundary, std::size_t part_of_header, std::size_t split = 0)
        : options{all,
                  0,
                  1,
                  part_of_header,
                  boundary / 2,
                  boundary - 1,
                  boundary,
                  boundary + 1,
                  boundary + part_of_header,
                  split,
                  split + 1} {
      for (std::size_t& option : options) option = std::min(option, all);
      std::sort(std::begin(options) + 1, std::end(options));
      end = std::unique(std::begin(options) + 1, std::end(options));
      end = std::remove(std::begin(options) + 1, end, all);
    }
    [[nodiscard]] unsigned count() const { return static_cast<unsigned>(end - std::begin(options)); }

    std::size_t options[11];
    std::size_t* end;
  };

  [[nodiscard]] tlsmode::WriteResult decide_send(std::span<const std::byte> from, std::size_t split) const {
    using tlsmode::IoStatus;
    if (send_failed) return {IoStatus::failed, 0};
    if (send_script == nullptr) return {IoStatus::done, from.size()};
    const Sizes sizes{from.size(), std::min(left_ != 0 ? left_ : record_size(from), from.size()), 1, split};
    const unsigned option =
        send_script->choose(sizes.count() + (send_may_fail ? 2U : 0U) + (send_may_want_read ? 1U : 0U));
    if (option >= sizes.count()) {
      if (!send_may_fail || option == sizes.count() + 2) return {IoStatus::want_read, 0};
      return {option == sizes.count() ? IoStatus::failed : IoStatus::closed, 0};
    }
    const std::size_t size = sizes.options[option];
    return {size != 0 ? IoStatus::done : IoStatus::want_write, size};
  }

  [[nodiscard]] tlsmode::ReadResult decide_receive(std::size_t available) {
    using tlsmode::IoStatus;
    if (end != IoStatus::done) return {end, 0};
    const unsigned ends = receive_may_end ? 2U : 0U;
    if (receive_script == nullptr) return {available != 0 ? IoStatus::done : IoStatus::want_read, available};
    if (available == 0) {
      const unsigned option = receive_script->choose(1 + ends);
      return {option == 0 ? IoStatus::want_read : option == 1 ? IoStatus::closed : IoStatus::failed, 0};
    }
    while (next_record_ <= taken) next_record_ += 5 + length_at(bytes.data() + next_record_);
    const Sizes sizes{available, next_record_ - taken, 3};
    const unsigned option = receive_script->choose(sizes.count() + ends);
    if (option >= sizes.count()) return {option == sizes.count() ? IoStatus::closed : IoStatus::failed, 0};
    const std::size_t size = sizes.options[option];
    return {size != 0 ? IoStatus::done : IoStatus::want_read, size};
  }

  void put(std::span<const std::byte> from) {
    if (empty()) {
      next_record_ -= std::min(next_record_, bytes.size());
      bytes.clear();
      taken = 0;
    }
    bytes.append(reinterpret_cast<const char*>(from.data()), from.size());
    sent += from.size();
    while (!from.empty()) {  // keep count of where records begin
      if (left_ == 0) {
        const std::size_t step = std::min(sizeof head_ - header_, from.size());
        std::memcpy(head_ + header_, from.data(), step);
        header_ += step;
        if (header_ != sizeof head_) return;
        header_ = 0;
        left_ = length_at(head_);
        from = from.subspan(step);
      }
      const std::size_t step = std::min(left_, from.size());
      left_ -= step;
      from = from.subspan(step);
    }
  }

  [[nodiscard]] static std::size_t length_at(const char* header) {
    return std::size_t{static_cast<unsigned char>(header[3])} << 8U | static_cast<unsigned char>(header[4]);
  }

  /// What is left of the record at whose beginning, or within whose header, `from` is.
  [[nodiscard]] std::size_t record_size(std::span<const std::byte> from) const {
    char head[sizeof head_] = {};
    std::memcpy(head, head_, header_);
    const std::size_t missing = sizeof head_ - header_;
    if (from.size() < missing) return from.size();
    std::memcpy(head + header_, from.data(), missing);
    return missing + length_at(head);
  }

  std::size_t left_ = 0;    // of the record that is being sent
  std::size_t header_ = 0;  // bytes of a record's header that have been sent, if it is not complete
  char head_[5] = {};
  std::size_t next_record_ = 0;  // where in `bytes` the record behind the one that is being received begins
};

}  // namespace tlsmode_tests

#endif
