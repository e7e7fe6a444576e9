import HTTP
import Hosting

/// What clients have the server do.
enum ServerGauges {
    static func all(_ load: ServerLoad) -> [Gauge] {
        [
            Gauge(
                name: "http_server_open_connections", value: Double(load.connections), help: "Connections of clients."),
            Gauge(
                name: "http_server_active_requests", value: Double(load.requests),
                help: "Requests in flight, this one among them, streams not counted."),
            Gauge(name: "http_server_open_streams", value: Double(load.streams), help: "Event streams that are open."),
            Gauge(
                name: "http_server_buffered_bytes", value: Double(load.bufferedBytes),
                help: "Bytes of request bodies in memory, small ones not counted."),
        ]
    }
}
