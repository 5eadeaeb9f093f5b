// SPDX-License-Identifier: MIT
// Many connections on many threads, of contexts that are shared, dropped meanwhile, or each thread's own.
#include <optional>

#include "threads/threads.hpp"

using namespace threads;
using namespace tlsmode_tests;
using tlsmode::IoStatus;

namespace {

constexpr std::size_t thread_count = 8;
constexpr std::size_t connections_each = 64;

/// What every thread does: connections of contexts that all share, from the first handshake to the last goodbye.
Findings share_contexts(int version) {
  const ClientContext clients = client_context();
  const ServerContext servers = server_context();
  speak_only(clients, version);
  speak_only(servers, version);
  return on_threads(thread_count, [&](std::size_t thread, Findings& findings) {
    for (std::size_t number = 0; number != connections_each; ++number) {
      const std::string text = pattern(40'000, static_cast<unsigned>(thread * connections_each + number));
      Couple couple{clients, servers};
      if (!findings.check(shake_hands(couple).done(), "no handshake")) continue;
      converse(couple, text, findings);
      end(couple, findings);
    }
  });
}

/// The two sides of every connection on two threads, which wait for each other in poll.
Findings meet_across_threads() {
  const ClientContext clients = client_context();
  const ServerContext servers = server_context();
  std::vector<std::pair<tlsmode::Socket, tlsmode::Socket>> ends;
  for (std::size_t number = 0; number != thread_count / 2 * connections_each; ++number) ends.push_back(socket_ends());
  const std::string text = pattern(100'000);
  return on_threads(thread_count, [&](std::size_t thread, Findings& findings) {
    const auto talk = [&](auto connection) {
      tlsmode::PollWaiter waiter{connection.transport(), std::chrono::minutes{2}};
      std::string heard(text.size(), '\0');
      const bool speaks_first = thread % 2 == 0;
      const auto speak = [&] { return write_all(connection, text, waiter).status; };
      const auto listen = [&] { return read_exactly(connection, heard, waiter).status; };
      findings.check((speaks_first ? speak() : listen()) == tlsmode::WaitStatus::done, "the first half fails");
      findings.check((speaks_first ? listen() : speak()) == tlsmode::WaitStatus::done, "the second half fails");
      findings.check(heard == text, "something else is heard");
      findings.check(tlsmode::shutdown(connection, waiter) == tlsmode::WaitStatus::done, "no shutdown");
      char more[1];
      findings.check(read_some(connection, more, waiter).status == tlsmode::WaitStatus::closed, "no end is heard");
    };
    for (std::size_t number = 0; number != connections_each; ++number) {
      auto& [ours, theirs] = ends[thread / 2 * connections_each + number];
      if (thread % 2 == 0) {
        talk(tlsmode::Connection{clients, std::move(ours), tlsmode::PeerName{"server.example"}});
      } else {
        talk(tlsmode::Connection{servers, std::move(theirs)});
      }
    }
  });
}

/// The last thread that has made its connections drops the contexts; all use their connections after that.
Findings outlive_contexts() {
  std::optional<ClientContext> clients{client_context()};
  std::optional<ServerContext> servers{server_context()};
  std::barrier made{static_cast<std::ptrdiff_t>(thread_count), [&]() noexcept {
                      clients.reset();
                      servers.reset();
                    }};
  return on_threads(thread_count, [&](std::size_t, Findings& findings) {
    std::vector<Couple> couples;
    for (std::size_t number = 0; number != connections_each / 4; ++number) couples.emplace_back(*clients, *servers);
    made.arrive_and_wait();
    for (Couple& couple : couples) {
      if (!findings.check(shake_hands(couple).done(), "no handshake")) continue;
      converse(couple, "outlived", findings);
      end(couple, findings);
    }
  });
}

/// Every thread configures contexts of its own, from an identity and a trust that all share.
Findings configure_apart() {
  const tlsmode::Identity identity = identity_of(default_server());
  const tlsmode::Trust trust = trust_in(default_authority());
  return on_threads(thread_count, [&](std::size_t thread, Findings& findings) {
    for (std::size_t number = 0; number != connections_each / 4; ++number) {
      ClientContext clients{trust};
      ServerContext servers{identity};
      const auto added = servers.add_modes(tlsmode::Mode::release_buffers);
      findings.check(added.contains(tlsmode::Mode::release_buffers), "the mode is not added");
      if (thread % 2 == 0) clients.set_alpn({"a", "b"});
      servers.set_alpn({"b"});
      clients.set_cipher_suites("TLS_AES_128_GCM_SHA256");
      servers.set_cipher_list("ECDHE+AESGCM");
      servers.set_groups("P-256:X25519");
      Couple couple{clients, servers};
      const auto own = couple.client.add_modes(tlsmode::Mode::release_buffers);
      findings.check(own.contains(tlsmode::Mode::release_buffers), "the connection's mode is not added");
      findings.check(!clients.modes().contains(tlsmode::Mode::release_buffers), "the context's modes have changed");
      if (!findings.check(shake_hands(couple).done(), "no handshake")) continue;
      findings.check(couple.client.alpn() == (thread % 2 == 0 ? "b" : ""), "another protocol is chosen");
      converse(couple, "configured", findings);
    }
  });
}

/// A context that one thread configures, then lends to the others, and configures again when they are done.
Findings configure_in_turns() {
  ClientContext clients = client_context();
  ServerContext servers = server_context();
  Findings all;
  for (const tlsmode::TunableModes extra :
       {tlsmode::TunableModes{tlsmode::Mode::release_buffers}, tlsmode::TunableModes{tlsmode::Mode::no_auto_chain}}) {
    const tlsmode::ModeSet modes = servers.add_modes(extra);
    all.add(on_threads(thread_count, [&](std::size_t, Findings& findings) {
      Couple couple{clients, servers};
      findings.check(couple.server.modes() == modes, "other modes than the context's");
      findings.check(shake_hands(couple).done(), "no handshake");
    }));
  }
  return all;
}

/// Errors of one thread are in no queue and no error of another one.
Findings fail_apart() {
  const ClientContext clients = client_context();
  const ServerContext servers = server_context();
  return on_threads(thread_count, [&](std::size_t thread, Findings& findings) {
    for (std::size_t number = 0; number != connections_each; ++number) {
      Couple couple{clients, servers};
      if (thread % 2 == 0) {
        tlsmode::Socket raw = std::move(couple.server.transport());
        const std::string_view garbage = "HTTP/1.0 400 this is not TLS at all\r\n";
        findings.check(raw.send(std::as_bytes(std::span{garbage})).status == IoStatus::done, "no garbage sent");
        findings.check(couple.client.handshake() == IoStatus::failed, "garbage is taken for TLS");
        findings.check(couple.client.error().queue().size() == 1, "not one entry of OpenSSL's queue");
      } else {
        findings.check(shake_hands(couple).done(), "no handshake");
        findings.check(couple.client.error().kind() == tlsmode::ErrorKind::none, "an error that is another thread's");
      }
      findings.check(::ERR_peek_error() == 0, "the error queue is not empty");
    }
  });
}

}  // namespace

int main() {
  static_cast<void>(default_server());
  Report report;
  std::printf("# %zu threads, %zu connections each\n", thread_count, connections_each);
  report.part("shared contexts, TLS 1.2", share_contexts(TLS1_2_VERSION));
  report.part("shared contexts, TLS 1.3", share_contexts(TLS1_3_VERSION));
  report.part("the two sides of a connection on two threads", meet_across_threads());
  report.part("contexts dropped while connections live", outlive_contexts());
  report.part("each thread configures contexts of its own", configure_apart());
  report.part("a context configured between its uses", configure_in_turns());
  report.part("errors stay with their thread", fail_apart());
  return report.end();
}
