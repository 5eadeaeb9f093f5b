// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_PROOF_SCRIPTED_WIRE_HPP
#define TLSMODE_TESTS_PROOF_SCRIPTED_WIRE_HPP

// The ends of a wire with scripted lanes: as transports, and as a BIO.

#include <cerrno>
#include <cstddef>
#include <functional>
#include <span>
#include <string>

#include <openssl/bio.h>

#include <tlsmode/transport.hpp>

#include "proof/scripted_lane.hpp"

namespace tlsmode_tests {

/// One end of the wire; models tlsmode::TransportType. `visit`, if there is one, is called in each call.
class ScriptedEnd {
 public:
  ScriptedEnd(ScriptedLane& in, ScriptedLane& out, const std::function<void()>* visit = nullptr) noexcept
      : in_{&in}, out_{&out}, visit_{visit} {}

  [[nodiscard]] tlsmode::ReadResult receive(std::span<std::byte> to) noexcept {
    visit();
    return in_->receive(to);
  }
  [[nodiscard]] tlsmode::WriteResult send(std::span<const std::byte> from) noexcept {
    visit();
    return out_->send(from);
  }
  [[nodiscard]] bool ended() const noexcept { return in_->end == tlsmode::IoStatus::closed; }

 protected:
  void visit() const {
    if (visit_ != nullptr && *visit_) (*visit_)();
  }

  ScriptedLane* in_;
  ScriptedLane* out_;
  const std::function<void()>* visit_;
};

[[nodiscard]] inline std::string joined(std::span<const std::byte> first, std::span<const std::byte> second) {
  std::string both{reinterpret_cast<const char*>(first.data()), first.size()};
  return both.append(reinterpret_cast<const char*>(second.data()), second.size());
}

/// An end that sends two spans as one.
class PairingEnd : public ScriptedEnd {
 public:
  using ScriptedEnd::ScriptedEnd;
  using ScriptedEnd::send;

  [[nodiscard]] tlsmode::WriteResult send(std::span<const std::byte> first,
                                          std::span<const std::byte> second) noexcept {
    const std::string both = joined(first, second);
    visit();
    return out_->send(std::as_bytes(std::span{both}), first.size());
  }
};
static_assert(tlsmode::detail::SendsPairs<PairingEnd> && !tlsmode::detail::SendsPairs<ScriptedEnd>);

/// An end like a socket, which is full when it has taken less than it was given.
class SocketLikeEnd : public ScriptedEnd {
 public:
  static constexpr bool short_send_means_full = true;

  using ScriptedEnd::ScriptedEnd;

  [[nodiscard]] tlsmode::WriteResult send(std::span<const std::byte> from) noexcept {
    visit();
    return out_->send_as_socket(from);
  }
  [[nodiscard]] tlsmode::WriteResult send(std::span<const std::byte> first,
                                          std::span<const std::byte> second) noexcept {
    const std::string both = joined(first, second);
    visit();
    return out_->send_as_socket(std::as_bytes(std::span{both}), first.size());
  }
};
static_assert(tlsmode::detail::SendsPairs<SocketLikeEnd> && tlsmode::detail::ShortSendMeansFull<SocketLikeEnd>);

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
      if (result.status == tlsmode::IoStatus::closed) errno = EPIPE;
      *put = result.bytes;
      return result.status == tlsmode::IoStatus::done ? 1 : 0;
    });
    ::BIO_meth_set_ctrl(made, [](::BIO* bio, int command, long, void*) {
      if (command == BIO_CTRL_EOF) return static_cast<ScriptedEnd*>(::BIO_get_data(bio))->ended() ? 1L : 0L;
      return command == BIO_CTRL_FLUSH ? 1L : 0L;
    });
    return made;
  }();
  ::BIO* const bio = ::BIO_new(method);
  ::BIO_set_data(bio, &end);
  ::BIO_set_init(bio, 1);
  return bio;
}

}  // namespace tlsmode_tests

#endif
