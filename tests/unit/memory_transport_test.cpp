// SPDX-License-Identifier: MIT
#include <tlsmode/memory_transport.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "support/catch.hpp"
#include "support/tls_pair.hpp"

using namespace tlsmode;
using namespace tlsmode_tests;

namespace {

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span{text}); }

std::string text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Carries ciphertext from one end to the other, as a program with its own I/O does.
void move_output(MemoryTransport& from, MemoryTransport& to) {
  REQUIRE(to.add_input(from.output()));
  from.drop_output(from.output().size());
}

}  // namespace

TEST_CASE("a memory transport gives what was put in, and keeps what is sent") {
  MemoryTransport transport;
  std::byte room[4];
  CHECK(transport.receive(room) == ReadResult{IoStatus::want_read, 0});
  REQUIRE(transport.add_input(bytes("input")));
  CHECK(transport.receive(room) == ReadResult{IoStatus::done, 4});
  CHECK(text(room) == "inpu");
  CHECK(transport.receive(room) == ReadResult{IoStatus::done, 1});
  CHECK(transport.receive(room) == ReadResult{IoStatus::want_read, 0});

  CHECK(transport.output().empty());
  CHECK(transport.send(bytes("one ")) == WriteResult{IoStatus::done, 4});
  CHECK(transport.send(bytes("two")) == WriteResult{IoStatus::done, 3});
  CHECK(text(transport.output()) == "one two");
  transport.drop_output(4);
  CHECK(text(transport.output()) == "two");
  transport.drop_output(1000);
  CHECK(transport.output().empty());
}

TEST_CASE("the end of a memory transport's input comes after its last byte") {
  MemoryTransport transport;
  REQUIRE(transport.add_input(bytes("x")));
  transport.end_input();
  CHECK_FALSE(transport.add_input(bytes("too late")));
  std::byte room[4];
  CHECK(transport.receive(room) == ReadResult{IoStatus::done, 1});
  CHECK(transport.receive(room) == ReadResult{IoStatus::closed, 0});
}

TEST_CASE("a limited memory transport takes what fits and then says want_write") {
  MemoryTransport transport{5};
  CHECK(transport.send(bytes("four")) == WriteResult{IoStatus::done, 4});
  CHECK(transport.send(bytes("four")) == WriteResult{IoStatus::done, 1});
  CHECK(transport.send(bytes("four")) == WriteResult{IoStatus::want_write, 0});
  transport.drop_output(2);
  CHECK(transport.send(bytes("four")) == WriteResult{IoStatus::done, 2});
  CHECK(text(transport.output()) == "urffo");
}

TEST_CASE("a connection without I/O: the caller carries the ciphertext") {
  const Context<Client> client_context{trust_in(default_authority())};
  const Context<Server> server_context{identity_of(default_server())};
  Connection client{client_context, MemoryTransport{}, PeerName{"server.example"}};
  Connection server{server_context, MemoryTransport{}};
  CHECK(client.handshake() == IoStatus::want_read);
  move_output(client.transport(), server.transport());
  CHECK(server.handshake() == IoStatus::want_read);
  move_output(server.transport(), client.transport());
  CHECK(client.handshake() == IoStatus::done);
  move_output(client.transport(), server.transport());
  CHECK(server.handshake() == IoStatus::done);
  move_output(server.transport(), client.transport());

  const std::string_view request = "request";
  CHECK(client.write(request) == WriteResult{IoStatus::done, request.size()});
  CHECK(text(client.transport().output()).find(request) == std::string::npos);
  move_output(client.transport(), server.transport());
  CHECK(hear(server).text == request);

  CHECK(client.shutdown() == IoStatus::done);
  move_output(client.transport(), server.transport());
  CHECK(hear(server).end == IoStatus::closed);
}

TEST_CASE("a memory transport that was moved from is empty") {
  MemoryTransport from;
  REQUIRE(from.add_input(bytes("input")));
  REQUIRE(from.send(bytes("output")).status == IoStatus::done);
  MemoryTransport to{std::move(from)};
  CHECK(text(to.output()) == "output");
  CHECK(from.output().empty());
  std::byte room[10];
  CHECK(from.receive(room).status == IoStatus::want_read);
  CHECK(to.receive(room) == ReadResult{IoStatus::done, 5});
}

TEST_CASE("output that was taken stays where it is while more is sent, and counts for the limit no more") {
  MemoryTransport transport{5};
  REQUIRE(transport.send(bytes("first")).bytes == 5);
  const MemoryTransport::Output in_flight = transport.take_output();
  const std::byte* const where = in_flight.bytes().data();
  CHECK(transport.output().empty());
  CHECK(transport.send(bytes("other")).bytes == 5);
  MemoryTransport elsewhere{std::move(transport)};
  CHECK(text(elsewhere.output()) == "other");
  CHECK(text(in_flight.bytes()) == "first");
  CHECK(in_flight.bytes().data() == where);
}
