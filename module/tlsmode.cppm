// SPDX-License-Identifier: MIT
// The module `tlsmode`: the declarations of the headers, for `import tlsmode;`. Made by tools/support/module.py.
// OpenSSL's headers are in the global module fragment: who uses their macros (SSL_OP_…) includes them, too.
module;
#include <tlsmode/coroutine.hpp>
#include <tlsmode/format.hpp>
#include <tlsmode/kernel_tls.hpp>
#include <tlsmode/operation.hpp>
#include <tlsmode/poll_waiter.hpp>
#include <tlsmode/prefixed.hpp>
#include <tlsmode/tlsmode.hpp>
#include <tlsmode/tunnel.hpp>
#include <tlsmode/wait.hpp>
export module tlsmode;

export namespace tlsmode {
// mode.hpp
using tlsmode::Mode; using tlsmode::name;
// mode_set.hpp
using tlsmode::ModeSet; using tlsmode::operator|; using tlsmode::write_rule_modes; using tlsmode::contract_modes;
using tlsmode::TunableModes;
// write_rules.hpp
using tlsmode::StrictWrites; using tlsmode::PartialWrites; using tlsmode::MovingWrites;
using tlsmode::PartialMovingWrites; using tlsmode::BufferedWrites; using tlsmode::WriteRule; using tlsmode::is_buffered;
// record_sizing.hpp
using tlsmode::FullRecords; using tlsmode::DynamicRecords; using tlsmode::RecordSizing;
// policy.hpp
using tlsmode::Role; using tlsmode::Protocol; using tlsmode::Version; using tlsmode::Verification;
using tlsmode::Buffers; using tlsmode::Client; using tlsmode::Server; using tlsmode::PolicyType;
using tlsmode::modes_of; using tlsmode::ClientPolicy; using tlsmode::ServerPolicy; using tlsmode::NamesItsPeer;
using tlsmode::BuffersWrites; using tlsmode::AllowsMovedBuffer; using tlsmode::KeepsBufferInPlace;
using tlsmode::AllowsPartialWrite;
// status.hpp
using tlsmode::IoStatus; using tlsmode::would_block; using tlsmode::ReadResult; using tlsmode::WriteResult;
// bytes.hpp
using tlsmode::ByteLike; using tlsmode::ByteRange; using tlsmode::WritableByteRange; using tlsmode::StaysInPlace;
// error_facts.hpp
using tlsmode::Operation; using tlsmode::ErrorKind; using tlsmode::QueueEntry; using tlsmode::ErrorFacts;
// error.hpp
using tlsmode::Error;
// transport.hpp
using tlsmode::TransportType;
// socket.hpp
using tlsmode::Socket;
// memory_transport.hpp
using tlsmode::MemoryTransport;
// native_bio.hpp
using tlsmode::NativeBio; using tlsmode::NativeTransport;
// peer_name.hpp
using tlsmode::PeerName;
// identity.hpp
using tlsmode::Identity;
// trust.hpp
using tlsmode::Trust;
// client_ca_names.hpp
using tlsmode::ClientCaNames;
// context.hpp
using tlsmode::NeedsNoIdentity; using tlsmode::ShowsIdentity; using tlsmode::Context;
// pending_write.hpp
using tlsmode::PendingWrite;
// connection.hpp
using tlsmode::NeedsNoPeerName; using tlsmode::Connection;
// prefixed.hpp
using tlsmode::Prefixed;
// tunnel.hpp
using tlsmode::CarriesConnections; using tlsmode::Tunnel;
// operation.hpp
using tlsmode::Readiness; using tlsmode::ResumableOperation; using tlsmode::HandshakeOperation;
using tlsmode::WriteAllOperation; using tlsmode::ReadSomeOperation; using tlsmode::ReadExactlyOperation;
using tlsmode::ShutdownOperation; using tlsmode::close_limit; using tlsmode::CloseOperation;
// wait.hpp
using tlsmode::WaitStatus; using tlsmode::WaitResult; using tlsmode::Waiter; using tlsmode::CanBePending;
using tlsmode::complete; using tlsmode::handshake; using tlsmode::write_all; using tlsmode::read_some;
using tlsmode::read_exactly; using tlsmode::shutdown; using tlsmode::close;
// poll_waiter.hpp
using tlsmode::StopDescriptor; using tlsmode::BasicPollWaiter; using tlsmode::PollWaiter;
// coroutine.hpp
using tlsmode::ReadinessCallback; using tlsmode::ReadinessSource; using tlsmode::OperationAwaiter;
using tlsmode::async_handshake; using tlsmode::async_write_all; using tlsmode::async_read_some;
using tlsmode::async_read_exactly; using tlsmode::async_shutdown; using tlsmode::async_close;
// format.hpp
using tlsmode::to_string; using tlsmode::operator<<;
}  // namespace tlsmode
