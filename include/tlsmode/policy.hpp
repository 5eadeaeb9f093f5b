// SPDX-License-Identifier: MIT
#ifndef TLSMODE_POLICY_HPP
#define TLSMODE_POLICY_HPP

#include <concepts>
#include <cstddef>

#include <openssl/ssl.h>

#include <tlsmode/write_rules.hpp>

namespace tlsmode {

/// The side of the handshake a policy speaks for.
enum class Role { client, server };

/// Streams (TLS) or datagrams (DTLS). A Context can be made for both; a Connection speaks TLS.
enum class Protocol { tls, dtls };

/// A protocol version, as OpenSSL numbers it.
enum class Version : int {
  tls1_0 = TLS1_VERSION,
  tls1_1 = TLS1_1_VERSION,
  tls1_2 = TLS1_2_VERSION,
  tls1_3 = TLS1_3_VERSION,
};

/// How far a client believes its peer. Anything but `chain_and_name` is spelled out in the policy, where it can be found.
enum class Verification {
  chain_and_name,                  ///< The chain leads to a trusted root, and the certificate carries the peer's name.
  insecure_chain_without_name,     ///< Any certificate of a trusted issuer will do: a man in the middle with one, too.
  insecure_anyone_can_be_my_peer,  ///< Nothing is verified. For tests, and for peers verified by other means.
};

/// The complete default policy of a client. Derive and shadow to configure.
/// Verifies chain and name, speaks TLS 1.2 and 1.3, follows OpenSSL's own write rule.
struct Client {
  static constexpr Role role = Role::client;
  static constexpr Protocol protocol = Protocol::tls;
  using Writes = StrictWrites;

  /// The modes on top of Writes::modes. Shadowing replaces the set: `Client::modes | Mode::release_buffers` keeps it.
  static constexpr ModeSet modes = Mode::auto_retry;

  static constexpr Verification verification = Verification::chain_and_name;
  static constexpr Version min_version = Version::tls1_2;
  static constexpr Version max_version = Version::tls1_3;

  /// The most plaintext in one record. Units: bytes, 512 to 16384.
  static constexpr std::size_t record_size = 16384;

  /// The most plaintext that one write commits before the transport has taken it. Units: bytes; one record to 256 KiB.
  static constexpr std::size_t batch_size = 65536;

  /// How many session tickets a server gives a client after a full handshake of TLS 1.3, and one after a resumed one; with
  /// 0, no session of TLS 1.3 is resumed. A client uses a ticket once: with one for each connection it never runs out.
  /// More are for clients that open several connections at the same moment. OpenSSL's own default is 2.
  /// Units: tickets, each a record. Wraps: SSL_CTX_set_num_tickets(3).
  static constexpr std::size_t session_tickets = 1;

  /// Hands encryption to the kernel where it can be had; needs NativeBio and a write rule whose buffer stays in place.
  static constexpr bool kernel_tls = false;
};

/// The complete default policy of a server. Derive and shadow to configure.
/// As Client, but asks for no certificate unless its Context is given a Trust; then it requires and verifies one.
struct Server : Client {
  static constexpr Role role = Role::server;
};

/// A policy: everything that Client states, with Writes a write rule and the write-rule bits nowhere else.
// clang-format off
template <typename P>
concept PolicyType =
    WriteRule<typename P::Writes> &&
    requires {
      { P::role } -> std::convertible_to<Role>;
      { P::protocol } -> std::convertible_to<Protocol>;
      { P::modes } -> std::convertible_to<ModeSet>;
      { P::verification } -> std::convertible_to<Verification>;
      { P::min_version } -> std::convertible_to<Version>;
      { P::max_version } -> std::convertible_to<Version>;
      { P::record_size } -> std::convertible_to<std::size_t>;
      { P::batch_size } -> std::convertible_to<std::size_t>;
      { P::session_tickets } -> std::convertible_to<std::size_t>;
      { P::kernel_tls } -> std::convertible_to<bool>;
    } &&
    !ModeSet{P::modes}.intersects(write_rule_modes);  // FIX: choose these with `using Writes = MovingWrites;` and its kin
// clang-format on

/// The modes a connection of the policy starts with: Writes::modes | Policy::modes.
template <PolicyType Policy>
inline constexpr ModeSet modes_of = ModeSet{Policy::Writes::modes} | ModeSet{Policy::modes};

template <typename P>
concept ClientPolicy = PolicyType<P> && P::role == Role::client;
template <typename P>
concept ServerPolicy = PolicyType<P> && P::role == Role::server;

/// Clients that verify a name: the peer has to be named when a connection is made.
template <typename P>
concept NamesItsPeer = ClientPolicy<P> && P::verification == Verification::chain_and_name;

template <typename P>
concept BuffersWrites = PolicyType<P> && is_buffered<typename P::Writes>;

/// The bytes of a blocked write may be presented from another address: retry(span).
template <typename P>
concept AllowsMovedBuffer =
    PolicyType<P> &&
    !is_buffered<typename P::Writes> &&  // FIX: BufferedWrites retries nothing: flush(), then write() what is new
    modes_of<P>.contains(Mode::accept_moving_write_buffer);  // FIX: retry() takes no bytes here; or use MovingWrites

/// The bytes of a blocked write stay where they are: retry().
template <typename P>
concept KeepsBufferInPlace =
    PolicyType<P> &&
    !is_buffered<typename P::Writes> &&  // FIX: BufferedWrites retries nothing: flush(), then write() what is new
    !modes_of<P>.contains(Mode::accept_moving_write_buffer);  // FIX: say where the bytes are now: retry(span)

template <typename P>
concept AllowsPartialWrite = PolicyType<P> && modes_of<P>.contains(Mode::enable_partial_write);

namespace detail {

/// The most that may be committed at once: a retry compares as much with what it was.
inline constexpr std::size_t largest_batch = std::size_t{256} * 1024;

/// Says what is wrong with a policy whose parts do not fit together. Instantiated by Context and Connection.
template <PolicyType P>
consteval bool policy_is_coherent() {
  static_assert(P::record_size >= 512 && P::record_size <= 16384,
                "record_size is out of range. Choose 512 to 16384 bytes of plaintext per record.");
  static_assert(P::batch_size >= P::record_size, "batch_size is less than one record. Raise it, or lower record_size.");
  static_assert(P::batch_size <= largest_batch, "batch_size is too large. Choose at most 256 KiB.");
  static_assert(P::min_version <= P::max_version, "min_version is above max_version. Swap them.");
  static_assert(!(P::protocol == Protocol::dtls && ModeSet{P::modes}.contains(Mode::release_buffers)),
                "release_buffers has no effect on DTLS, says the manual. Remove it from this policy's modes.");
  static_assert(!(P::kernel_tls && ModeSet{P::Writes::modes}.contains(Mode::accept_moving_write_buffer)),
                "kernel TLS keeps the address of a blocked write. Use StrictWrites, PartialWrites or BufferedWrites.");
  return true;
}

}  // namespace detail

}  // namespace tlsmode

#endif
