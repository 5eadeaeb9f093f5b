// SPDX-License-Identifier: MIT
#ifndef TLSMODE_EXAMPLES_DEMO_IDLE_MEMORY_HPP
#define TLSMODE_EXAMPLES_DEMO_IDLE_MEMORY_HPP

// What a connection costs while nothing happens on it.

#include <cstddef>
#include <utility>
#include <vector>

#include <malloc.h>

#include <tlsmode/tlsmode.hpp>

#include "counting_socket.hpp"
#include "endpoint.hpp"
#include "support/loopback.hpp"

namespace demo {

/// The bytes that this process has allocated; 0 where the C library does not say.
[[nodiscard]] inline std::size_t heap_in_use() noexcept {
#ifdef __GLIBC__
  const struct ::mallinfo2 heap = ::mallinfo2();
  return heap.uordblks + heap.hblkhd;
#else
  return 0;
#endif
}

/// Units: bytes of heap a connection, the Connection object included. The kernel's socket buffers are not counted.
struct IdleMemory {
  std::size_t client = 0;
  std::size_t server = 0;
};

/// Makes connections that carry 16 KB each way and then idle, and counts what the heap gets back with them.
template <tlsmode::PolicyType Near, tlsmode::PolicyType Far>
[[nodiscard]] IdleMemory measure_idle_memory(const tlsmode::Trust& trust, const tlsmode::Identity& identity,
                                             const tlsmode::PeerName& peer) {
  constexpr std::size_t count = 100;
  const tlsmode::Context<Near> near_context{trust};
  const tlsmode::Context<Far> far_context{identity};
  const std::vector<std::byte> message(16384);
  std::vector<typename Endpoint<Near>::Connection> clients;
  std::vector<typename Endpoint<Far>::Connection> servers;
  for (std::size_t i = 0; i != count; ++i) {
    auto [near, far] = examples::connected_pair();
    Endpoint<Near> client{{near_context, CountingSocket{std::move(near)}, peer}, message};
    Endpoint<Far> server{{far_context, CountingSocket{std::move(far)}}, message};
    converse(client, server, [&] { return client.received() + server.received() == 2 * message.size(); });
    clients.push_back(std::move(client.connection()));
    servers.push_back(std::move(server.connection()));
  }

  const auto give_back = [](auto& connections) {
    const std::size_t before = heap_in_use();
    std::exchange(connections, {}).clear();
    return (before - heap_in_use()) / count;
  };
  return {.client = give_back(clients), .server = give_back(servers)};
}

}  // namespace demo

#endif
