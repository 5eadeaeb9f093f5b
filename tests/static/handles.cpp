// SPDX-License-Identifier: MIT
// One owner a handle, input and output that do not throw, and sizes that a caller may count on.
#include <tlsmode/tlsmode.hpp>

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

using namespace tlsmode;

namespace {

template <typename T>
concept MoveOnly = std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T> &&
                   !std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T>;

template <typename Base, WriteRule Rule>
struct With : Base {
  using Writes = Rule;
};

static_assert(MoveOnly<Context<Client>> && MoveOnly<Context<Server>>);
static_assert(MoveOnly<Connection<Client>> && MoveOnly<Connection<Server, MemoryTransport>>);
static_assert(MoveOnly<Connection<With<Client, BufferedWrites>>>);
static_assert(MoveOnly<Connection<Client, NativeBio>>);
static_assert(MoveOnly<Socket> && MoveOnly<MemoryTransport> && MoveOnly<NativeBio>);
static_assert(MoveOnly<Identity> && MoveOnly<Trust>);

// Values.
static_assert(std::is_nothrow_copy_constructible_v<Error> && std::is_nothrow_copy_assignable_v<Error>);
static_assert(std::is_nothrow_default_constructible_v<Error>);
static_assert(std::is_trivially_copyable_v<PeerName>);
static_assert(std::is_trivially_copyable_v<ReadResult> && std::is_trivially_copyable_v<WriteResult>);

// No integer becomes a handle by accident.
static_assert(!std::is_convertible_v<int, Socket>);
static_assert(!std::is_convertible_v<::SSL_CTX*, Context<Client>>);
static_assert(!std::is_convertible_v<const char*, PeerName>);
static_assert(!std::is_constructible_v<Connection<Server>, Context<Client>&, Socket>);  // the other side's context

template <typename C>
consteval bool io_is_noexcept() {
  return noexcept(std::declval<C&>().handshake()) && noexcept(std::declval<C&>().read(std::span<std::byte>{})) &&
         noexcept(std::declval<C&>().write(std::span<const std::byte>{})) && noexcept(std::declval<C&>().flush()) &&
         noexcept(std::declval<C&>().shutdown()) && noexcept(std::declval<C&>().cancel_write()) &&
         noexcept(std::declval<C&>().update_keys()) && noexcept(std::declval<const C&>().modes()) &&
         noexcept(std::declval<C&>().add_modes(Mode::release_buffers)) && noexcept(std::declval<C&>().error());
}
static_assert(io_is_noexcept<Connection<Client>>());
static_assert(io_is_noexcept<Connection<With<Server, MovingWrites>, NativeBio>>());
static_assert(io_is_noexcept<Connection<With<Server, BufferedWrites>, MemoryTransport>>());
static_assert(noexcept(std::declval<Connection<Client>&>().retry()));
static_assert(noexcept(std::declval<Connection<With<Client, MovingWrites>>&>().retry(std::span<const std::byte>{})));

// A context is a pointer; a connection is a few cache lines, whatever its rule: the memory is in OpenSSL.
static_assert(sizeof(Context<Client>) == sizeof(void*));
static_assert(sizeof(Error) == 2 * sizeof(void*));
static_assert(sizeof(ReadResult) == 2 * sizeof(std::size_t));
static_assert(sizeof(Connection<Client>) <= 256);
static_assert(sizeof(Connection<With<Client, BufferedWrites>>) <= 256);
static_assert(sizeof(Connection<Client, NativeBio>) <= 256);

}  // namespace
