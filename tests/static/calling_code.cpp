// SPDX-License-Identifier: MIT
// What users write has to compile: every write rule, role and kind of transport, each way to make a connection and
// each way to pass bytes. The functions are instantiated, not only their declarations.
#include <tlsmode/format.hpp>
#include <tlsmode/kernel_tls.hpp>
#include <tlsmode/poll_waiter.hpp>
#include <tlsmode/tlsmode.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <deque>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace std::string_view_literals;
using namespace tlsmode;

namespace {

template <typename Base, WriteRule Rule>
struct With : Base {
  using Writes = Rule;
};
template <typename Base, WriteRule Rule>
struct Everything : With<Base, Rule> {
  static constexpr ModeSet modes = Mode::release_buffers | Mode::auto_retry;
  static constexpr Version min_version = Version::tls1_3;
  static constexpr std::size_t record_size = 4096;
  static constexpr std::size_t batch_size = 4096;
};
template <WriteRule Rule>
struct Tester : With<Client, Rule> {
  static constexpr Verification verification = Verification::insecure_anyone_can_be_my_peer;
};
template <typename Base, WriteRule Rule>
struct InTheKernel : With<Base, Rule> {
  static constexpr bool kernel_tls = true;
};

/// A transport of the user's: no base class, no registration, only what it needs.
class TheirTransport {
 public:
  explicit TheirTransport(std::vector<std::byte>& wire) : wire_{&wire} {}
  ReadResult receive(std::span<std::byte>) noexcept {
    return {wire_->empty() ? IoStatus::closed : IoStatus::failed, 0};
  }
  WriteResult send(std::span<const std::byte> from) noexcept { return {IoStatus::done, from.size()}; }

 private:
  std::vector<std::byte>* wire_;
};

/// Every way to pass bytes that a caller keeps.
template <typename C>
std::size_t writes_what_stays(C& connection) {
  std::string text = "text";
  const std::string constant = "text";
  std::vector<std::byte> bytes(4);
  std::vector<unsigned char> octets(4);
  std::array<char, 4> array{};
  std::deque<std::string> queue{text};
  char buffer[4] = {};
  const std::span<const std::byte> view{bytes};
  std::size_t taken = 0;
  taken += connection.write(text).bytes + connection.write(constant).bytes + connection.write(bytes).bytes;
  taken += connection.write(octets).bytes + connection.write(array).bytes + connection.write(buffer).bytes;
  taken += connection.write(view).bytes + connection.write(view.first(2)).bytes + connection.write("text"sv).bytes;
  taken += connection.write(std::span{buffer, 2}).bytes + connection.write(std::string_view{text}.substr(1)).bytes;
  taken += connection.write(queue.front()).bytes + connection.write(std::as_bytes(std::span{octets})).bytes;
  return taken;
}

/// And bytes that nobody keeps, where the rule lets the buffer move.
template <typename C>
std::size_t writes_temporaries(C& connection, const std::string& text) {
  return connection.write(text + "!").bytes + connection.write(std::vector<std::byte>(4)).bytes +
         connection.write(std::array<unsigned char, 4>{}).bytes;
}

template <typename C>
std::size_t reads_into_all_there_is(C& connection) {
  std::string text(100, '\0');
  std::vector<std::byte> bytes(100);
  std::array<unsigned char, 100> array{};
  char buffer[100];
  return connection.read(text).bytes + connection.read(bytes).bytes + connection.read(array).bytes +
         connection.read(buffer).bytes + connection.read(std::span{buffer}.subspan(1)).bytes +
         connection.read(std::as_writable_bytes(std::span{buffer})).bytes;
}

/// The loop of an event-driven program: what it waits for, and how it goes on.
template <typename C>
[[nodiscard]] IoStatus goes_on_with_a_write(C& connection, std::string_view text) {
  if constexpr (requires { connection.retry(text); }) {
    return connection.retry(text).status;
  } else if constexpr (requires { connection.retry(); }) {
    return connection.retry().status;
  } else {
    return connection.flush();
  }
}

template <typename C>
void does_everything(C& connection) {
  static_cast<void>(connection.handshake());
  static_cast<void>(writes_what_stays(connection));
  if constexpr (requires { connection.write(std::string{}); }) {
    static_cast<void>(writes_temporaries(connection, "text"));
  }
  static_cast<void>(reads_into_all_there_is(connection));
  if (goes_on_with_a_write(connection, "text"sv) == IoStatus::failed) {
    throw connection.error();
  }
  const PendingWrite pending = connection.pending_write();
  if (pending.committed != pending.length) {
    connection.cancel_write();  // how much is committed need not interest everybody
  }
  if (connection.wants_write() || connection.has_input()) {
    static_cast<void>(connection.flush());
  }
  static_cast<void>(connection.update_keys());
  static_cast<void>(connection.update_keys(true));
  connection.add_modes(Mode::release_buffers);  // neither need the resulting modes
  connection.add_modes(Mode::release_buffers | Mode::no_auto_chain);
  const std::string description = std::string{connection.version()} + std::string{connection.cipher()} +
                                  std::string{connection.alpn()} + to_string(connection.modes()) +
                                  connection.error().what();
  static_cast<void>(description);
  static_cast<void>(connection.peer_certificate());
  static_cast<void>(connection.native_handle());
  static_cast<void>(connection.transport());
  C elsewhere{std::move(connection)};
  connection = std::move(elsewhere);
  static_cast<void>(connection.shutdown());
}

/// What waits, too, over a socket and over a waiter of the user's.
struct TheirWaiter {
  WaitStatus wait(Readiness) noexcept { return WaitStatus::timeout; }
};

template <typename C, typename W>
void waits_for_everything(C& connection, W&& waiter) {
  std::string text(100, '\0');
  static_cast<void>(handshake(connection, waiter));
  static_cast<void>(write_all(connection, text, waiter));
  static_cast<void>(write_all(connection, "text"sv, TheirWaiter{}));
  if constexpr (requires { connection.write(std::string{}); }) {
    static_cast<void>(write_all(connection, text + "!", waiter));
  }
  static_cast<void>(read_some(connection, text, waiter));
  static_cast<void>(read_exactly(connection, std::span{text}.first(10), waiter));
  static_cast<void>(shutdown(connection, waiter));
}

template <typename P>
void connects_as_a_client(int descriptor) {
  const Context<P> context;
  const PeerName peer{std::string{"example.org"}};
  Connection first{context, Socket{descriptor}, peer};
  does_everything(first);
  PollWaiter waiter{first.transport()};
  waits_for_everything(first, waiter);
  waits_for_everything(first, PollWaiter{first.transport(), std::chrono::seconds{5}});
  Connection<P> second{context, Socket::borrow(descriptor), PeerName{"127.0.0.1"}};
  Connection third{context, MemoryTransport{}, peer};
  does_everything(third);
  waits_for_everything(third, TheirWaiter{});
  std::vector<std::byte> wire;
  Connection fourth{context, TheirTransport{wire}, PeerName{"::1"}};
  does_everything(fourth);
  const Connection fifth{context, NativeBio::socket(descriptor), peer};
  second = Connection{context, Socket{descriptor}, peer};
}

template <typename P>
void accepts_as_a_server(int descriptor, const Identity& identity) {
  const Context<P> context{identity};
  const Context<P> careful{identity, Trust::file("clients.pem")};
  Connection first{context, Socket{descriptor}};
  does_everything(first);
  Connection<P> second{careful, Socket{descriptor}};
  Connection third{context, MemoryTransport{65536}};
  does_everything(third);
  std::vector<std::byte> wire;
  const Connection fourth{context, TheirTransport{wire}};
  Connection fifth{context, NativeBio::socket(descriptor)};
  does_everything(fifth);
}

template <typename P>
void adopts_as_a_client(SSL* ssl, int descriptor) {
  const PeerName peer{"example.org"};
  const Connection<P> over_a_socket{ssl, Socket{descriptor}, peer};
  Connection<P, NativeBio> over_its_bios{ssl, peer};
  does_everything(over_its_bios);
}
template <typename P>
void adopts_as_a_server(SSL* ssl, int descriptor) {
  const Connection<P> over_a_socket{ssl, Socket{descriptor}};
  const Connection<P, NativeBio> over_its_bios{ssl};
}

/// Client, server, tester (no name, no verification), and both adopted, by one rule.
template <WriteRule Rule>
void by_rule(int descriptor, SSL* ssl, const Identity& identity) {
  connects_as_a_client<With<Client, Rule>>(descriptor);
  accepts_as_a_server<With<Server, Rule>>(descriptor, identity);
  accepts_as_a_server<Everything<Server, Rule>>(descriptor, identity);
  adopts_as_a_client<With<Client, Rule>>(ssl, descriptor);
  adopts_as_a_server<With<Server, Rule>>(ssl, descriptor);
  const Context<Tester<Rule>> context;
  const Connection unnamed{context, Socket{descriptor}};
  const Connection named{context, Socket{descriptor}, PeerName{"example.org"}};
  if constexpr (!AllowsMovedBuffer<With<Client, Rule>>) {
    const Context<InTheKernel<Client, Rule>> kernel;
    Connection connection{kernel, NativeBio::socket(descriptor), PeerName{"example.org"}};
    does_everything(connection);
    const Connection<InTheKernel<Server, Rule>, NativeBio> adopted{ssl};
  }
}

// A program's own types around ours.
struct Peer {
  Connection<Server> connection;
  std::string outbox;
  std::optional<PendingWrite> seen;
};

class Pool {
 public:
  explicit Pool(Context<Server> context) : context_{std::move(context)} {}

  Peer& accept(int descriptor) {
    return peers_.emplace(descriptor, Peer{Connection{context_, Socket{descriptor}}, {}, {}}).first->second;
  }
  void drop(int descriptor) { peers_.erase(descriptor); }

 private:
  Context<Server> context_;
  std::map<int, Peer> peers_;
  std::vector<Connection<Client>> upstream_;
};

Context<Client> make_context(const std::filesystem::path& roots) {
  Context<Client> context{Trust::file(roots)};
  context.set_alpn({"h2", "http/1.1"});
  context.set_cipher_list("ECDHE+AESGCM");
  context.set_cipher_suites(std::string{"TLS_AES_128_GCM_SHA256"});
  context.set_groups("X25519"sv);
  context.add_modes(Mode::release_buffers);
  return context;
}

Connection<Client> connect(const Context<Client>& context, int descriptor, const std::string& host) {
  return {context, Socket{descriptor}, PeerName{host}};
}

// Nothing here is run.
[[maybe_unused]] void all_rules(int descriptor, SSL* ssl, SSL_CTX* adopted) {
  const Identity identity = Identity::from_pem_files(std::filesystem::path{"chain.pem"}, "key.pem", "secret");
  const Identity in_memory = Identity::from_pem(std::string{"chain"}, "key"sv);
  by_rule<StrictWrites>(descriptor, ssl, identity);
  by_rule<PartialWrites>(descriptor, ssl, identity);
  by_rule<MovingWrites>(descriptor, ssl, identity);
  by_rule<PartialMovingWrites>(descriptor, ssl, identity);
  by_rule<BufferedWrites>(descriptor, ssl, identity);
  const Context<Client> contexts[] = {Context<Client>{adopted}, Context<Client>{Trust::system()},
                                      Context<Client>{Trust::directory("/etc/ssl/certs"), identity},
                                      Context<Client>{Trust::pem("text"), in_memory}, make_context("roots.pem")};
  Connection connection = connect(contexts[0], descriptor, "example.org");
  Pool pool{Context<Server>{identity}};
  static_cast<void>(pool.accept(descriptor).connection.read(pool.accept(descriptor).outbox));
  pool.drop(descriptor);
}

}  // namespace
