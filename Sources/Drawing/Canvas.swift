import CCairo

/// A surface to draw on, in pixels from the upper left corner. A world draws itself once; the format decides what
/// becomes of it.
public final class Canvas {
    /// What a drawing becomes.
    public enum Format: Sendable {
        case svg, png
        /// `height × width × 3` bytes, row after row.
        case rgb
    }

    /// Draws a picture with `body` on a white ground.
    /// - Returns: the bytes of an SVG document, of a PNG file, or the pixels.
    public static func draw(
        _ format: Format, width: Int, height: Int, _ body: (Canvas) -> Void
    ) throws(DrawingError) -> [UInt8] {
        let sizes = 1...16_384
        guard sizes.contains(width), sizes.contains(height) else {
            throw .sizeOutOfRange(width: width, height: height)
        }
        let canvas = Canvas(format, width: width, height: height)
        canvas.rectangle(x: 0, y: 0, width: Double(width), height: Double(height), .white)
        body(canvas)
        return try canvas.finish()
    }

    /// Pixels as a PNG file.
    /// - Parameter rgb: `height × width × 3` bytes, row after row.
    public static func png(rgb: [UInt8], width: Int, height: Int) throws(DrawingError) -> [UInt8] {
        precondition(rgb.count == width * height * 3, "a pixel is three bytes")
        return try draw(.png, width: width, height: height) { $0.put(rgb) }
    }

    private let format: Format
    private let surface: OpaquePointer
    private let context: OpaquePointer
    /// Where cairo writes files; the surface points at it until it is destroyed.
    private let sink = Sink()

    // cairo never returns null: what fails gives an object in an error state, which `finish` reports.
    private init(_ format: Format, width: Int, height: Int) {
        self.format = format
        surface =
            switch format {
            case .svg: cairo_svg_surface_create_for_stream(Sink.write, sink.pointer, Double(width), Double(height))
            case .png, .rgb: cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height))
            }
        if case .svg = format { cairo_svg_surface_set_document_unit(surface, CAIRO_SVG_UNIT_PX) }
        context = cairo_create(surface)
        cairo_set_line_cap(context, CAIRO_LINE_CAP_ROUND)
        cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
        // cairo's own outlines: the same letters on every machine, with or without fonts.
        cairo_select_font_face(context, "@cairo:", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL)
    }

    deinit {
        cairo_destroy(context)
        cairo_surface_destroy(surface)
    }

    /// A filled rectangle, its corners rounded by `radius`.
    public func rectangle(
        x: Double, y: Double, width: Double, height: Double, radius: Double = 0, _ color: Color
    ) {
        let (x, y) = (Self.near(x), Self.near(y))
        if radius > 0 {
            cairo_new_sub_path(context)
            cairo_arc(context, x + width - radius, y + radius, radius, -.pi / 2, 0)
            cairo_arc(context, x + width - radius, y + height - radius, radius, 0, .pi / 2)
            cairo_arc(context, x + radius, y + height - radius, radius, .pi / 2, .pi)
            cairo_arc(context, x + radius, y + radius, radius, .pi, 1.5 * .pi)
            cairo_close_path(context)
        } else {
            cairo_rectangle(context, x, y, width, height)
        }
        fill(color)
    }

    /// A filled circle.
    public func circle(_ center: Point, radius: Double, _ color: Color) {
        cairo_new_sub_path(context)
        cairo_arc(context, Self.near(center.x), Self.near(center.y), Self.near(radius), 0, 2 * .pi)
        fill(color)
    }

    /// A filled area.
    public func polygon(_ corners: [Point], _ color: Color) {
        path(corners)
        cairo_close_path(context)
        fill(color)
    }

    /// A line from point to point, with round ends.
    public func line(_ points: [Point], width: Double, _ color: Color) {
        path(points)
        stroke(width, color)
    }

    /// A part of a circle's line, clockwise on screen from angle `start` to angle `end` (radians).
    public func arc(
        _ center: Point, radius: Double, from start: Double, to end: Double, width: Double, _ color: Color
    ) {
        cairo_new_sub_path(context)
        cairo_arc(context, Self.near(center.x), Self.near(center.y), Self.near(radius), start, end)
        stroke(width, color)
    }

    /// A line of text, centred on a point. ASCII only.
    /// - Parameter size: the height of the letters' em, in pixels.
    public func text(_ text: String, at center: Point, size: Double, _ color: Color) {
        cairo_set_font_size(context, size)
        var extents = cairo_text_extents_t()
        cairo_text_extents(context, text, &extents)
        cairo_move_to(
            context, Self.near(center.x) - extents.width / 2 - extents.x_bearing,
            Self.near(center.y) - extents.height / 2 - extents.y_bearing)
        cairo_text_path(context, text)
        fill(color)
    }

    /// Draws `body` in a system of its own: moved to `origin`, turned clockwise on screen by `angle` (radians), scaled.
    public func within(
        _ origin: Point, angle: Double = 0, scaleX: Double = 1, scaleY: Double = 1, _ body: () -> Void
    ) {
        // What is scaled to nothing is not seen, and cairo can make nothing of it.
        guard [scaleX, scaleY].allSatisfy({ $0 != 0 && $0.isFinite }) else { return }
        cairo_save(context)
        cairo_translate(context, Self.near(origin.x), Self.near(origin.y))
        cairo_rotate(context, angle.isFinite ? angle : 0)
        cairo_scale(context, scaleX, scaleY)
        body()
        cairo_restore(context)
    }

    private func path(_ points: [Point]) {
        cairo_new_sub_path(context)
        for point in points { cairo_line_to(context, Self.near(point.x), Self.near(point.y)) }
    }

    /// A coordinate that cairo can reckon with: a world's state may be anything, and what is far outside is not seen anyway.
    private static func near(_ coordinate: Double) -> Double {
        coordinate.isNaN ? 0 : min(max(coordinate, -1e5), 1e5)
    }

    private func fill(_ color: Color) {
        cairo_set_source_rgba(context, color.red, color.green, color.blue, color.alpha)
        cairo_fill(context)
    }

    private func stroke(_ width: Double, _ color: Color) {
        cairo_set_source_rgba(context, color.red, color.green, color.blue, color.alpha)
        cairo_set_line_width(context, width)
        cairo_stroke(context)
    }

    private func finish() throws(DrawingError) -> [UInt8] {
        try check(cairo_status(context))
        switch format {
        case .svg:
            cairo_surface_finish(surface)
            try check(cairo_surface_status(surface))
            return Self.withoutSurfaceNumber(sink.bytes)
        case .png:
            try check(cairo_surface_write_to_png_stream(surface, Sink.write, sink.pointer))
            return sink.bytes
        case .rgb:
            return pixels()
        }
    }

    /// cairo numbers its surfaces through the life of the process; without it, equal drawings are equal bytes.
    private static func withoutSurfaceNumber(_ svg: [UInt8]) -> [UInt8] {
        guard let id = svg.firstRange(of: Array(" id=\"surface".utf8)),
            let quote = svg[id.upperBound...].firstIndex(of: UInt8(ascii: "\""))
        else { return svg }
        return Array(svg[..<id.lowerBound] + svg[(quote + 1)...])
    }

    private func put(_ rgb: [UInt8]) {
        cairo_surface_flush(surface)
        let width = Int(cairo_image_surface_get_width(surface))
        let stride = Int(cairo_image_surface_get_stride(surface))
        guard let data = cairo_image_surface_get_data(surface) else { return }
        for at in 0..<rgb.count / 3 {
            let word = UInt32(rgb[3 * at]) << 16 | UInt32(rgb[3 * at + 1]) << 8 | UInt32(rgb[3 * at + 2])
            UnsafeMutableRawPointer(data + at / width * stride)
                .storeBytes(of: word, toByteOffset: at % width * 4, as: UInt32.self)
        }
        cairo_surface_mark_dirty(surface)
    }

    /// cairo keeps a pixel as one native word, 0x00RRGGBB, and pads rows.
    private func pixels() -> [UInt8] {
        cairo_surface_flush(surface)
        let width = Int(cairo_image_surface_get_width(surface))
        let height = Int(cairo_image_surface_get_height(surface))
        let stride = Int(cairo_image_surface_get_stride(surface))
        guard let data = cairo_image_surface_get_data(surface) else { return [] }
        return [UInt8](unsafeUninitializedCapacity: width * height * 3) { bytes, count in
            for y in 0..<height {
                let row = UnsafeRawPointer(data + y * stride)
                for x in 0..<width {
                    let pixel = row.load(fromByteOffset: x * 4, as: UInt32.self)
                    let at = (y * width + x) * 3
                    bytes[at] = UInt8(truncatingIfNeeded: pixel >> 16)
                    bytes[at + 1] = UInt8(truncatingIfNeeded: pixel >> 8)
                    bytes[at + 2] = UInt8(truncatingIfNeeded: pixel)
                }
            }
            count = width * height * 3
        }
    }

    private func check(_ status: cairo_status_t) throws(DrawingError) {
        guard status == CAIRO_STATUS_SUCCESS else { throw .cairo(String(cString: cairo_status_to_string(status))) }
    }
}

/// Collects what cairo writes.
private final class Sink {
    var bytes: [UInt8] = []

    var pointer: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

    static let write: cairo_write_func_t = { sink, data, count in
        guard let sink, let data else { return CAIRO_STATUS_WRITE_ERROR }
        Unmanaged<Sink>.fromOpaque(sink).takeUnretainedValue()
            .bytes.append(contentsOf: UnsafeBufferPointer(start: data, count: Int(count)))
        return CAIRO_STATUS_SUCCESS
    }
}
