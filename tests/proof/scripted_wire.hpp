// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_PROOF_SCRIPTED_WIRE_HPP
#define TLSMODE_TESTS_PROOF_SCRIPTED_WIRE_HPP

// A wire of which an Explorer decides how much each send takes: as a transport, and as a BIO.

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <span>
#include <string>

#include <openssl/bio.h>

#include <tlsmode/transport.hpp>

#include "proof/explorer.hpp"

namespace tlsmode_tests {

struct ScriptedLane {
  std::string bytes;           // on their way
  std::size_t taken = 0;       // how many of them the reader has
  Explorer* script = nullptr;  // decides about each send; none: all is taken
  bool may_fail = false;       // the script may also end the lane
  bool failed = false;         // send and receive fail from now on
  std::size_t calls = 0;       // of send, ever
  std::size_t sent = 0;        // bytes, ever
  std::size_t left = 0;        // of the record that is being sent

  [[nodiscard]] bool empty() const noexcept { return taken == bytes.size(); }

  /// How many of `from` the script lets through; SIZE_MAX: the lane fails.
  [[nodiscard]] std::size_t decide(std::span<const std::byte> from) {
    if (failed) return SIZE_MAX;
    if (script == nullptr) return from.size();
    const std::size_t size = from.size();
    const std::size_t boundary = std::min(left != 0 ? left : record_size(from), size);
    // Everything, nothing, a byte, half a record, a record's boundary and one byte on either side of it.
    std::size_t options[] = {size, 0, 1, boundary / 2, boundary - 1, boundary, std::min(boundary + 1, size)};
    std::sort(std::begin(options) + 1, std::end(options));
    std::size_t* end = std::unique(std::begin(options) + 1, std::end(options));
    end = std::remove(std::begin(options) + 1, end, size);
    const auto count = static_cast<unsigned>(end - std::begin(options));
    const unsigned option = script->choose(count + (may_fail ? 1U : 0U));
    return option == count ? SIZE_MAX : options[option];
  }

  void put(std::span<const std::byte> from) {
    if (taken == bytes.size()) {
      bytes.clear();
      taken = 0;
    }
    bytes.append(reinterpret_cast<const char*>(from.data()), from.size());
    sent += from.size();
    while (!from.empty()) {  // keep count of where records begin; a header is never cut in the middle by this
      if (left == 0) {
        if (header_ + from.size() < 5) {
          std::memcpy(head_ + header_, from.data(), from.size());
          header_ += from.size();
          return;
        }
        const std::size_t missing = 5 - header_;
        std::memcpy(head_ + header_, from.data(), missing);
        header_ = 0;
        left = (std::size_t{head_[3]} << 8U | head_[4]);
        from = from.subspan(missing);
      }
      const std::size_t step = std::min(left, from.size());
      left -= step;
      from = from.subspan(step);
    }
  }

 private:
  /// What is left of the record at whose beginning (or within whose header) `from` is.
  [[nodiscard]] std::size_t record_size(std::span<const std::byte> from) const {
    unsigned char head[5] = {};
    std::memcpy(head, head_, header_);
    const std::size_t missing = 5 - header_;
    if (from.size() < missing) return from.size();
    std::memcpy(head + header_, from.data(), missing);
    return missing + (std::size_t{head[3]} << 8U | head[4]);
  }

  unsigned char head_[5] = {};
  std::size_t header_ = 0;  // bytes of a record's header that have been sent, if it is not complete
};

/// One end of the wire; models tlsmode::TransportType.
class ScriptedEnd {
 public:
  ScriptedEnd(ScriptedLane& in, ScriptedLane& out) noexcept : in_{&in}, out_{&out} {}

  [[nodiscard]] tlsmode::ReadResult receive(std::span<std::byte> to) noexcept {
    if (in_->empty()) {
      if (!in_->failed) return {tlsmode::IoStatus::want_read, 0};
      errno = ECONNRESET;
      return {tlsmode::IoStatus::failed, 0};
    }
    const std::size_t size = std::min(to.size(), in_->bytes.size() - in_->taken);
    std::memcpy(to.data(), in_->bytes.data() + in_->taken, size);
    in_->taken += size;
    return {tlsmode::IoStatus::done, size};
  }

  [[nodiscard]] tlsmode::WriteResult send(std::span<const std::byte> from) noexcept {
    ++out_->calls;
    const std::size_t size = out_->decide(from);
    if (size == SIZE_MAX) {
      out_->failed = true;
      errno = ECONNRESET;
      return {tlsmode::IoStatus::failed, 0};
    }
    if (size == 0) return {tlsmode::IoStatus::want_write, 0};
    out_->put(from.first(size));
    return {tlsmode::IoStatus::done, size};
  }

 private:
  ScriptedLane* in_;
  ScriptedLane* out_;
};

/// A BIO over `end`, which outlives it.
[[nodiscard]] inline ::BIO* new_scripted_bio(ScriptedEnd& end) {
  static const ::BIO_METHOD* const method = [] {
    ::BIO_METHOD* const made = ::BIO_meth_new(::BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "scripted wire");
    ::BIO_meth_set_read_ex(made, [](::BIO* bio, char* to, std::size_t size, std::size_t* got) {
      BIO_clear_retry_flags(bio);
      auto* const wire = static_cast<ScriptedEnd*>(::BIO_get_data(bio));
      const tlsmode::ReadResult result = wire->receive({reinterpret_cast<std::byte*>(to), size});
      if (result.status == tlsmode::IoStatus::want_read) BIO_set_retry_read(bio);
      *got = result.bytes;
      return result.status == tlsmode::IoStatus::done ? 1 : 0;
    });
    ::BIO_meth_set_write_ex(made, [](::BIO* bio, const char* from, std::size_t size, std::size_t* put) {
      BIO_clear_retry_flags(bio);
      auto* const wire = static_cast<ScriptedEnd*>(::BIO_get_data(bio));
      const tlsmode::WriteResult result = wire->send({reinterpret_cast<const std::byte*>(from), size});
      if (result.status == tlsmode::IoStatus::want_write) BIO_set_retry_write(bio);
      *put = result.bytes;
      return result.status == tlsmode::IoStatus::done ? 1 : 0;
    });
    ::BIO_meth_set_ctrl(made, [](::BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1L : 0L; });
    return made;
  }();
  ::BIO* const bio = ::BIO_new(method);
  ::BIO_set_data(bio, &end);
  ::BIO_set_init(bio, 1);
  return bio;
}

}  // namespace tlsmode_tests

#endif
