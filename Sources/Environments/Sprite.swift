import Drawing

/// Figures that several worlds draw.
enum Sprite {
    /// About 20 wide and 36 high, around `center`.
    static func person(at center: Point, on canvas: Canvas) {
        canvas.within(center) {
            canvas.line([Point(-5, 9), Point(-5, 17)], width: 5, Color(0x2d3e57))
            canvas.line([Point(5, 9), Point(5, 17)], width: 5, Color(0x2d3e57))
            canvas.rectangle(x: -9, y: -8, width: 18, height: 19, radius: 6, Color(0xd9663b))
            canvas.circle(Point(0, -13), radius: 7, Color(0xf2c9a0))
        }
    }

    /// 32 high, its pole's foot at `foot`.
    static func flag(at foot: Point, on canvas: Canvas) {
        canvas.within(foot) {
            canvas.line([Point(0, 0), Point(0, -32)], width: 2, Color(0x4a3b2a))
            canvas.polygon([Point(0, -32), Point(16, -26), Point(0, -20)], Color(0xcc3333))
        }
    }
}
