// SPDX-License-Identifier: MIT
// What policies promise, and what each write rule lets a caller do.
#include <tlsmode/tlsmode.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

using namespace tlsmode;

namespace {

template <typename Base, WriteRule Rule>
struct With : Base {
  using Writes = Rule;
};

// Writes::modes are exactly the two write-rule bits, and modes_of adds the policy's.
static_assert(StrictWrites::modes.empty());
static_assert(PartialWrites::modes == Mode::enable_partial_write);
static_assert(MovingWrites::modes == Mode::accept_moving_write_buffer);
static_assert(PartialMovingWrites::modes == (Mode::enable_partial_write | Mode::accept_moving_write_buffer));
static_assert(BufferedWrites::modes.empty());
static_assert(modes_of<Client> == Mode::auto_retry);
static_assert(modes_of<With<Server, PartialMovingWrites>> == (write_rule_modes | Mode::auto_retry));

// Safe by default.
static_assert(Client::verification == Verification::chain_and_name);
static_assert(Client::min_version == Version::tls1_2 && Server::min_version == Version::tls1_2);
static_assert(NamesItsPeer<Client> && !NamesItsPeer<Server>);

// What only the handshake needed is not kept.
static_assert(!Client::keep_key_shares && !Server::keep_key_shares);

// No policy: write-rule bits elsewhere than in Writes, other bits in Writes.
struct RuleInModes : Client {
  static constexpr ModeSet modes = Mode::enable_partial_write;
};
struct TunableWrites {
  static constexpr ModeSet modes = Mode::release_buffers;
};
struct ModesInRule : Client {
  using Writes = TunableWrites;
};
static_assert(!PolicyType<RuleInModes> && !WriteRule<TunableWrites> && !PolicyType<ModesInRule> && !PolicyType<int>);

template <typename C, typename Bytes>
concept Writes = requires(C& connection, Bytes&& bytes) { connection.write(static_cast<Bytes&&>(bytes)); };
template <typename C>
concept TakesLengths = requires(C& connection, char* data) { connection.write(data, 4U); } ||
                       requires(C& connection, char* data) { connection.read(data, 4U); };
template <typename C>
concept RetriesInPlace = requires(C& connection) { connection.retry(); };
template <typename C>
concept RetriesFrom = requires(C& connection, std::span<const std::byte> bytes) { connection.retry(bytes); };
template <typename C, typename Bytes>
concept Reads = requires(C& connection, Bytes&& bytes) { connection.read(static_cast<Bytes&&>(bytes)); };

/// What all the connections of one write rule have in common, whatever their side and transport.
template <typename C, bool in_place, bool moving>
consteval bool keeps_the_rule() {
  static_assert(RetriesInPlace<C> == in_place && RetriesFrom<C> == moving);

  // Views and what the caller keeps can be written under every rule; owning temporaries only where nothing stays.
  static_assert(Writes<C, std::span<const std::byte>> && Writes<C, std::string_view>);
  static_assert(Writes<C, std::string&> && Writes<C, const std::vector<unsigned char>&> && Writes<C, std::byte(&)[4]>);
  static_assert(Writes<C, std::string> == !in_place);
  static_assert(Writes<C, std::vector<std::byte>> == !in_place);
  static_assert(Writes<C, std::array<char, 4>> == !in_place);
  static_assert(!Writes<C, const char(&)[5]> && !Writes<C, const char*> && !Writes<C, int>);
  static_assert(!Writes<C, std::vector<int>&> && !TakesLengths<C>);

  static_assert(Reads<C, std::span<std::byte>> && Reads<C, std::string&> && Reads<C, std::array<char, 4>&>);
  static_assert(!Reads<C, std::span<const std::byte>> && !Reads<C, std::string_view> && !Reads<C, const std::string&>);
  static_assert(!Reads<C, std::string> && !Reads<C, std::array<char, 4>> && !Reads<C, std::vector<int>&>);
  return true;
}

template <typename Base, typename Transport>
consteval bool all_rules() {
  return keeps_the_rule<Connection<With<Base, StrictWrites>, Transport>, true, false>() &&
         keeps_the_rule<Connection<With<Base, PartialWrites>, Transport>, true, false>() &&
         keeps_the_rule<Connection<With<Base, MovingWrites>, Transport>, false, true>() &&
         keeps_the_rule<Connection<With<Base, PartialMovingWrites>, Transport>, false, true>() &&
         keeps_the_rule<Connection<With<Base, BufferedWrites>, Transport>, false, false>();
}

static_assert(all_rules<Client, Socket>());
static_assert(all_rules<Server, MemoryTransport>());
static_assert(all_rules<Server, NativeBio>());

}  // namespace
